#pragma once

#include <stdbool.h>

#include "lock_state.h"
#include "owner.h"

/*
 * The lock of one target, taken in one of four ways (lockdir.h, exclusive_file.h, kernel_lock.h).
 *
 * Who takes and keeps a lock calls, in this order:
 *
 *     struct lock lock = lock_of(target, base, strategy, local, overdue_ms);
 *     switch (acquire(&lock, &settings, &once, &held, &wait))     wait.h: attempts until it is ours
 *     leash_commands(lock.record == NULL ? held.fd : -1);         command.h: no command outlives the lock
 *     ... make the product ...
 *     switch (release_lock(&lock, &held))
 *
 * - `lock_of` only puts the names together: nothing is on disk, nothing has to be given back, and the memory lives as long as the
 *   process.
 * - `acquire` calls `try_lock`, which is one attempt and never waits. After ACQUIRED the lock is ours and `held` says by what; after
 *   TAKEN another process has it; after TROUBLE no attempt would succeed, and errno says why. `held` means something after ACQUIRED only.
 *   In the other two cases no lock of ours is left and nothing is open, so that the caller may just return, or exec the TypeScript
 *   helper. (The empty T.lock of the strategies with one stays: it is never removed, and locks no process out.)
 * - `look_at` and `judge_lock` are for those who wait: who has it, and whether that process seems to live. They change nothing.
 *   Whatever they say, no stale lock is removed here: `settle` (typescript.h) asks TypeScript, which judges once more, serialised.
 * - `release_lock` gives it back, once for each ACQUIRED, after all that must be done under the lock. RELEASED: it is free. LOST:
 *   another process had removed it by force, so that two may have worked at once; what is there now is theirs and stays. NOT_RELEASED: it is
 *   still there, errno says why, and a person has to look. In all three cases `held` is used up.
 *
 * A signal does not interrupt any of these: main holds signals back (signals.h), and they get in only where `acquire` sleeps. It
 * then says STOPPED: we have no lock, and the place in the queue ends with the process. One that comes while a command runs ends the command, and the way out leads
 * through `release_lock` as always. So there is no handler that cleans up, and none is needed.
 *
 * Who is killed (SIGKILL, no memory left, power cut) gives nothing back. The kernel drops its own locks with the last process that
 * has the file open; a lock with a record stays with our name in it, and the next one who waits finds that its owner is dead.
 */

/** @param base, overdue_ms as in struct lock and struct settings */
struct lock lock_of(const char *target, const char *base, enum strategy strategy, bool local, long overdue_ms);

/** One attempt, without waiting and without removing a stale lock. TROUBLE comes with errno. */
enum attempt try_lock(const struct lock *lock, struct held *held);

/** Releases it. LOST: another process had removed it by force meanwhile. NOT_RELEASED comes with errno. */
enum release release_lock(const struct lock *lock, const struct held *held);

/** Who holds it now. False, with errno, when that cannot be read. */
bool look_at(const struct lock *lock, struct sighting *sighting);

/** What seems to have become of its owner. */
struct judgement judge_lock(const struct lock *lock, const struct sighting *sighting);

/** A cheap look whether an attempt is worth its price; a hint only, so true where that is unknown. */
bool may_be_free(const struct lock *lock);
