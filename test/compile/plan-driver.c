/*
 * Shows the plans of native/plan.c: reads words from standard input, each ended by a null byte, and writes one line of
 * JSON per command. `launch`, or `link` and a target, begins a command; a word that is a line feed alone ends it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/planner.h"

static void show(const char *text) {
  putchar('"');
  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\') putchar('\\');
    if ((unsigned char)*at < 0x20) printf("\\u%04x", (unsigned)*at);
    else putchar(*at);
  }
  putchar('"');
}

static void show_sides(const struct plan *plan) {
  if (plan->side_count == 0) return;
  printf(",\"sides\":[");
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side != plan->sides) putchar(',');
    printf("{\"target\":");
    show(side->target);
    if (side->temporary != NULL) printf(",\"temporary\":"), show(side->temporary);
    if (side->empty_is_none) printf(",\"emptyIsNone\":true");
    if (side->speaks_of_product) printf(",\"speaksOfProduct\":true");
    putchar('}');
  }
  putchar(']');
}

static void show_plan(const struct plan *plan) {
  static const char *const kinds[] = {"unchanged", "locked", "redirected", "typescript"};
  printf("{\"kind\":\"%s\"", kinds[plan->kind]);
  if (plan->kind == PLAN_REDIRECTED) {
    printf(",\"argv\":[");
    for (char **argument = plan->argv; *argument != NULL; argument++) {
      if (argument != plan->argv) putchar(',');
      show(*argument);
    }
    printf("],\"temporary\":");
    show(plan->temporary);
    printf(",\"seeded\":%s", plan->seeded ? "true" : "false");
    if (plan->says_name) printf(",\"saysName\":true");
    if (plan->directory != NULL) printf(",\"directory\":"), show(plan->directory);
  }
  if (plan->kind == PLAN_REDIRECTED || plan->kind == PLAN_LOCKED) show_sides(plan);
  if (plan->kind == PLAN_REDIRECTED || plan->kind == PLAN_LOCKED) {
    printf(",\"target\":");
    show(plan->target);
  }
  if (plan->kind == PLAN_UNCHANGED || plan->kind == PLAN_LOCKED) {
    printf(",\"why\":");
    show(plan->reason);
  }
  printf("}\n");
}

int main(void) {
  char *words[4096], *word = NULL;
  size_t count = 0, size = 0;
  while (getdelim(&word, &size, '\0', stdin) >= 0) {
    if (strcmp(word, "\n") != 0) {
      if (count + 1 == sizeof words / sizeof *words) return 1;
      words[count++] = word;
      word = NULL;
      size = 0;
      continue;
    }
    words[count] = NULL;
    int link = strcmp(words[0], "link") == 0;
    struct plan plan = link ? plan_link(words + 2, words[1], "PID", "RANDOM") : plan_launch(words + 1, "PID", "RANDOM");
    show_plan(&plan);
    count = 0;
  }
  return ferror(stdout) != 0;
}
