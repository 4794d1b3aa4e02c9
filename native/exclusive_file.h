#pragma once

#include "lock_state.h"

/*
 * Lock by O_CREAT|O_EXCL of T.lock.excl, with the owner's name in it; see src/locks/exclusive-file.ts. Each function is as that of
 * lock.h.
 */

enum attempt try_exclusive_file(const struct lock *lock, struct held *held);
enum release release_exclusive_file(const struct lock *lock, const struct held *held);
