#pragma once

#include "lock_state.h"

/*
 * Lock of the kernel on T.lock, by flock(2) or fcntl(2); see src/locks/kernel-lock.ts. Each function is as that of lock.h, but for the
 * last two.
 */

enum attempt try_kernel_lock(const struct lock *lock, struct held *held);
enum release release_kernel_lock(enum strategy strategy, const struct held *held);
bool look_at_kernel_lock(const struct lock *lock, struct sighting *sighting);
struct judgement judge_kernel_lock(const struct sighting *sighting);

/** What is seen of a lock that this process of the host holds. */
struct sighting sighting_of_kernel(pid_t holder);

/**
 * As try_lock of a lock of this host's kernel, but waits in it until it is ours, that many milliseconds have passed or a signal has
 * come. Not across NFS, whose client only asks again ever more rarely.
 */
enum attempt block_for_lock(const struct lock *lock, struct held *held, long ms);
