/* qsort(3), by a heap: no order of the input makes it slow. */
#include <stddef.h>
#include <stdlib.h>

static void swap(char *one, char *other, size_t size) {
  for (; size > 0; size--, one++, other++) {
    char kept = *one;
    *one = *other;
    *other = kept;
  }
}

/** Lets an item sink until none of its two children is greater. */
static void sink(char *items, size_t at, size_t count, size_t size, __compar_fn_t compare) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0) child++;
    if (compare(items + at * size, items + child * size) >= 0) return;
    swap(items + at * size, items + child * size, size);
  }
}

void qsort(void *items, size_t count, size_t size, __compar_fn_t compare) {
  for (size_t at = count / 2; at > 0; at--) sink(items, at - 1, count, size, compare);
  for (size_t left = count; left > 1; left--) {
    swap(items, (char *)items + (left - 1) * size, size);
    sink(items, 0, left - 1, size, compare);
  }
}
