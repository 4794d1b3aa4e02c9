#pragma once

#include "lock.h"
#include "wait.h"

/**
 * Appends a line of JSON for a helper that had to wait, in one write, so that lines of many do not mix. That it cannot
 * be written is worth a warning, no more.
 */
void log_wait(const char *file, const struct lock *lock, const struct wait *wait, long long held_ms);
