#pragma once

#include <stdbool.h>

#include "plan.h"

typedef bool may_publish(void);

/**
 * Runs a planned command and puts what it has made in its place: first what stands beside the product, the product last,
 * so that a process that sees it sees the rest. To be called while the lock of the target is held. A process that dies here leaves
 * temporaries, which the clean-up finds by their names, and the files of before, or some new ones beside the old product.
 *
 * @param confirm asked right before anything is put in its place, if it is given: otherwise nothing is, and the code is NOT_HELD
 * @param demanded it is an error of the command to end well without a product
 * @returns the exit code for the whole
 */
int produce(const struct plan *plan, bool demanded, may_publish *confirm);
