#pragma once

#include "plan.h"

/**
 * How to run a compiler, linker, ar or ranlib whose output is found in its arguments. Reads its response files.
 *
 * What a plan needs is allocated and never freed: a process makes one. Without memory the process ends with 125.
 *
 * @param command a program and its arguments, perhaps behind ccache, distcc, env; ended by null
 * @param pid, random what makes the name of the temporary unique
 */
struct plan plan_launch(char **command, const char *pid, const char *random);

/** As plan_launch, where the output is known: never PLAN_UNCHANGED. */
struct plan plan_link(char **command, const char *target, const char *pid, const char *random);

/** A command with `-o OUTPUT` appended. */
char **with_output(char **command, const char *output);

/**
 * How to run a command that takes its output as an appended `-o FILE`: PLAN_REDIRECTED or PLAN_TYPESCRIPT. A compiler that
 * writes more than that file runs as by plan_launch: a dependency file that names the temporary would speak of nothing.
 */
struct plan plan_compile(char **command, const char *target, const char *pid, const char *random);
