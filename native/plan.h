#pragma once

#include <stdbool.h>

enum plan_kind { PLAN_UNCHANGED, PLAN_LOCKED, PLAN_REDIRECTED, PLAN_TYPESCRIPT };
struct plan {
  enum plan_kind kind;
  char **argv;
  const char *target, *temporary;
  bool seeded;
  const char *reason;
};
struct plan plan_launch(char **command, const char *pid, const char *random);
struct plan plan_link(char **command, const char *target, const char *pid, const char *random);
