#pragma once

#include "plan.h"

/** A plan as far as what stands in the target's place allows it; see src/compile/place.ts. */
struct plan adapt_to_place(struct plan plan, char **command);

/** A plan whose product replaces the target; for TypeScript, which refuses it, where that is no regular file. */
struct plan keep_place(struct plan plan);
