/* The hashes of all words so far. */
#include "table.h"
#include <stdlib.h>

#define SLOTS 256

static unsigned *table; /* 0: free */

int is_new(const char *word)
{
  unsigned hash = 2166136261u;
  void mix(char letter) { hash = (hash ^ (unsigned char)letter) * 16777619u; }

  while (*word != '\0')
    mix(*word++);
  if (table == NULL)
    table = malloc(SLOTS * sizeof *table);
  unsigned slot = hash % SLOTS;
  while (table[slot] != 0 && table[slot] != hash)
    slot = (slot + 1) % SLOTS;
  if (table[slot] == hash)
    return 0;
  table[slot] = hash;
  return 1;
}
