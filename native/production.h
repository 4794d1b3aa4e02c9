#pragma once

#include <stdbool.h>

#include "plan.h"

/**
 * Runs a planned command and puts what it has made in its place: first what stands beside the product, the product last,
 * so that a process that sees it sees the rest. To be called while the lock of the target is held. A process that dies here leaves
 * temporaries, which the clean-up finds by their names, and the files of before, or some new ones beside the old product.
 *
 * @param demanded it is an error of the command to end well without a product
 * @returns the exit code for the whole
 */
int produce(const struct plan *plan, bool demanded);
