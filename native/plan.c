#include "plan.h"
struct plan plan_launch(char **command, const char *pid, const char *random) { (void)pid; (void)random; return (struct plan){.kind = PLAN_TYPESCRIPT, .argv = command}; }
struct plan plan_link(char **command, const char *target, const char *pid, const char *random) { (void)pid; (void)random; return (struct plan){.kind = PLAN_TYPESCRIPT, .argv = command, .target = target}; }
