#include "sides.h"

#include <string.h>

#include "words.h"

void add_side(struct plan *plan, struct side side) {
  enum { PART = 16 };
  if (plan->side_count % PART == 0) {
    struct side *more = allocate((plan->side_count + PART) * sizeof *more);
    if (plan->side_count > 0) memcpy(more, plan->sides, plan->side_count * sizeof *more);
    plan->sides = more;
  }
  plan->sides[plan->side_count++] = side;
}

void add_dependencies(struct plan *plan, const char *temporary, const char *target) {
  add_side(plan, (struct side){.temporary = temporary, .target = target, .speaks_of_product = true});
}

static void add_endings(struct plan *plan, const char *stem, enum side_kind kind) {
  for (const char *const *ending = side_files[kind].endings; *ending != NULL; ending++) {
    add_side(plan, (struct side){.target = joined(stem, ".", *ending, NULL)});
  }
}

void add_in_place(struct plan *plan, const char *target, enum side_kind kind) {
  const char *stem = stem_of(target);
  if (stem != NULL) add_endings(plan, stem, kind);
}

void add_named_outputs(struct plan *plan, const struct compiler_command *line) {
  const struct words *named = &line->named_outputs;
  for (size_t index = 0; index < named->count; index++) {
    add_side(plan, (struct side){.target = named->items[index].text});
  }
}

/** The object, too, is one of the intermediate files of a link. */
static void add_stages(struct plan *plan, const char *stem, enum side_kind kind) {
  add_endings(plan, stem, kind);
  if (kind == SIDE_INTERMEDIATE) add_side(plan, (struct side){.target = joined(stem, ".o", NULL)});
}

/**
 * What a link writes for one source. For gcc it is called `TARGET-SOURCE.su`, where the target is a.out `SOURCE.su`, as for
 * clang.
 */
static void add_of_source(struct plan *plan, const char *source, enum side_kind kind, bool by_gcc) {
  const char *target = plan->target, *name = name_of(target), *whole = name_of(source), *stem = stem_of(whole);
  if (stem == NULL) return;
  if (!by_gcc || strcmp(name, "a.out") == 0) {
    add_stages(plan, joined(copy_of(target, (size_t)(name - target)), stem, NULL), kind);
  }
  size_t length = strlen(target);
  bool program = length > 4 && strcmp(target + length - 4, ".exe") == 0;
  const char *prefix = joined(program ? copy_of(target, length - 4) : target, "-", NULL);
  add_stages(plan, joined(prefix, stem, NULL), kind);
  if (kind != SIDE_REMARKS) return;
  add_side(plan, (struct side){.target = joined(prefix, whole, ".opt-record.json.gz", NULL)});
}

void add_sides_in_place(struct plan *plan, const struct compiler_command *line, bool by_gcc) {
  const char *stem = stem_of(plan->target);
  if (line->dependency_file.path != NULL) add_dependencies(plan, NULL, line->dependency_file.path);
  else if (line->dependencies != DEPENDENCIES_NONE && stem != NULL)
    add_dependencies(plan, NULL, joined(stem, ".d", NULL));
  for (enum side_kind kind = 0; kind < SIDE_KINDS; kind++) {
    if (!line->sides[kind]) continue;
    add_in_place(plan, plan->target, kind);
    for (size_t index = 0; line->mode == MODE_LINK && index < line->sources.count; index++) {
      add_of_source(plan, line->sources.items[index].text, kind, by_gcc);
    }
  }
  add_named_outputs(plan, line);
}
