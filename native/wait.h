#pragma once

#include "lock_state.h"
#include "once.h"
#include "settings.h"

/** The wait of a process that acquired a lock. */
struct wait {
  /** Whether the first attempt failed. */
  bool waited;
  long long waited_ms;
  /** Who had the lock when it was first seen taken; not named where that is unknown. */
  struct sighting first_holder;
};

enum acquisition { GOT_IT, STOPPED, GOT_TROUBLE };

/**
 * Attempts until the lock is ours, has locks of dead owners removed on the way, and warns now and then.
 * A process that has to wait lets others know by `once`. GOT_TROUBLE comes with errno: waiting would not help.
 */
enum acquisition acquire(const struct lock *lock, const struct settings *settings, struct once *once, struct held *held,
                         struct wait *wait);
