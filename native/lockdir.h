#pragma once

#include "lock_state.h"

/* Lock by mkdir(2), with the owner's name in T.lockdir/pid; see src/locks/lockdir.ts. Each function is as that of lock.h. */

enum attempt try_lockdir(const struct lock *lock, struct held *held);
enum release release_lockdir(const struct lock *lock, const struct held *held);
bool look_at_lockdir(const struct lock *lock, struct sighting *sighting);
