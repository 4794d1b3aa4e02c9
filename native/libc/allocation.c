/* Memory in blocks of powers of two: one that is given back serves the next of its size. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEADER = 16, FIRST = 64 * 1024, MORE = 1024 * 1024, SIZES = 48 };

struct block {
  size_t size;
  struct block *next;
};

/** What a compile needs without asking the kernel: its pages are there when they are touched. */
static char first[FIRST] __attribute__((aligned(HEADER)));
static char *free_at = first, *free_end = first + FIRST;
static struct block *given_back[SIZES];

/** The least power of two that holds a block and its header. */
static int size_class(size_t size) {
  int class = 5;
  while (((size_t)1 << class) - HEADER < size) class ++;
  return class;
}

/** The rest of the room before is lost. */
static char *more(size_t size) {
  size_t length = size > MORE ? size : MORE;
  char *room = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return NULL;
  free_at = room;
  free_end = room + length;
  return room;
}

void *malloc(size_t size) {
  int class = size >= (size_t)1 << (SIZES - 2) ? SIZES : size_class(size);
  if (class >= SIZES) {
    errno = ENOMEM;
    return NULL;
  }
  struct block *block = given_back[class];
  if (block != NULL) {
    given_back[class] = block->next;
  } else {
    size_t whole = (size_t)1 << class;
    if ((size_t)(free_end - free_at) < whole && more(whole) == NULL) return NULL;
    block = (struct block *)free_at;
    free_at += whole;
    block->size = whole;
  }
  return (char *)block + HEADER;
}

void free(void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)((char *)memory - HEADER);
  int class = size_class(block->size - HEADER);
  block->next = given_back[class];
  given_back[class] = block;
}

void *calloc(size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) whole = SIZE_MAX;
  void *memory = malloc(whole);
  return memory == NULL ? NULL : memset(memory, 0, whole);
}

void *realloc(void *memory, size_t size) {
  if (memory == NULL) return malloc(size);
  size_t had = ((struct block *)((char *)memory - HEADER))->size - HEADER;
  if (size <= had) return memory;
  void *moved = malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, memory, had);
  free(memory);
  return moved;
}

void *reallocarray(void *memory, size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) whole = SIZE_MAX;
  return realloc(memory, whole);
}
