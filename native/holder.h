#pragma once

#include "lock_state.h"

/** What to tell a person who waits: which lock, who holds it and, once it is overdue, the command that helps. */
char *explain_waiting(const struct lock *lock, const struct sighting *holder, long long waited_ms, bool overdue);
