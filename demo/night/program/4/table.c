/* The hashes of all words so far. */
#include "table.h"
#include <stdlib.h>

#define SLOTS 256

static unsigned *table; /* 0: free */

static unsigned hash_of(const char *word)
{
  unsigned hash = 2166136261u;
  while (*word != '\0')
    hash = (hash ^ (unsigned char)*word++) * 16777619u;
  return hash;
}

int is_new(const char *word)
{
  unsigned hash = hash_of(word);
  if (table == NULL)
    table = calloc(SLOTS, sizeof *table);
  unsigned slot = hash % SLOTS;
  while (table[slot] != 0 && table[slot] != hash)
    slot = (slot + 1) % SLOTS;
  if (table[slot] == hash)
    return 0;
  table[slot] = hash;
  return 1;
}
