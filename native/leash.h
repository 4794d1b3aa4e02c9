#pragma once

#include <sys/types.h>

/*
 * What ties a command to the helper that runs it under a lock, so that a helper that is killed (SIGKILL, no memory left)
 * does not leave a compiler that goes on writing while the next helper is in:
 * - the kernel kills the command's process group, the compiler driver with all that it has started, at the helper's
 *   death: the group is the owner of the reading end of a pipe, and gets SIGKILL when the other end is closed.
 * - until the last of them is gone, the next helper waits: a lock of the kernel goes on as the command has its descriptor
 *   open, too; of a lock with a record see remains.h.
 * A daemon, which has begun a session of its own, is neither killed nor waited for.
 *
 *     struct leash leash = make_leash(lock);
 *     child: put_on(&leash, helper);      // in its new session, before it becomes the command
 *     helper: take_off(&leash);           // the command has ended: what it has left on purpose goes on
 */
struct leash {
  /** The ends of the pipe. */
  int told, telling;
  int mark;
  /** The locked file of the strategies of the kernel, or -1. */
  int lock;
};

/** Where no descriptors are left, the command goes without. */
struct leash make_leash(int lock);

/** Calls nothing but the system, since it runs after vfork(2). */
void put_on(const struct leash *leash, pid_t helper);

void take_off(const struct leash *leash);
