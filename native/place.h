#pragma once

#include "plan.h"

/** A plan as far as what stands in the target's place allows it; see src/compile/place.ts. */
struct plan adapt_to_place(struct plan plan, char **command);

/** The same for a plan of a command that gets its output as an appended `-o FILE`, which it needs to run in place, too. */
struct plan adapt_appended(struct plan plan, char **command);
