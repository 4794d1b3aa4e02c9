#pragma once

#include "lock_state.h"
#include "wait.h"

/**
 * Appends a line of JSON for a helper that had to wait, in one write, so that lines of many do not mix. That it cannot
 * be written is worth a warning, no more.
 *
 * @param saved_ms how long what it has taken from another one took to make; -1 where it has taken nothing
 */
void log_wait(const char *file, const struct lock *lock, const struct wait *wait, long long held_ms,
              long long saved_ms);
