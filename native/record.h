#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "owner.h"

/** Tells two markers of one name apart: inode and text, because inode numbers are soon used again. */
struct identity {
  ino_t inode;
  char record[LONGEST_RECORD];
};

/** TROUBLE comes with errno: no permission, a full disk, something strange in the lock's place. */
enum attempt { ACQUIRED, TAKEN, TROUBLE };

/**
 * Creates the file that names a lock's owner, with our name. In TROUBLE nothing is left of it: the file is removed again
 * when only writing it failed (a full disk). See src/locks/record-file.ts.
 *
 * @param wakeup null, or where to put the descriptor of the file: by a lock of the kernel on it the native waiters of this
 *   host are woken the moment it is closed. It protects nothing, and older tools do not notice it. -1 for none.
 */
enum attempt create_record(const char *path, const char *target, struct identity *identity, int *wakeup);

/**
 * Sleeps until the owner of a record closes its wake-up lock, that many milliseconds have passed or a signal has come. False at
 * once when it has none.
 */
bool await_wakeup(const char *path, long ms);

/** Reads an owner record. False, with errno, for what has no place there (a symbolic link, a FIFO) and other trouble. */
bool read_record(const char *path, struct sighting *sighting, struct identity *identity);

/** Whether the record of that path is the one of that identity; UNKNOWN_RECORD, with errno, when it cannot be read. */
enum same { SAME_RECORD, OTHER_RECORD, UNKNOWN_RECORD };
enum same compare_record(const char *path, const struct identity *identity);

/**
 * Whether a record is still the one that we have made. For up to a second a client of SMB or NFS may answer what it knew of a name
 * before: that there is no such file, or an empty one. So where others share the directory (not `local`) only another owner's name is
 * believed at once.
 */
enum same compare_own(const char *path, bool local, const struct identity *identity);

/** Whether there is certainly a record of another process: not while it cannot be read, is not there or is empty. */
bool names_another(const char *path, const struct identity *identity);

/** Whether it is for certain. */
bool is_still(const char *path, const struct identity *identity);

/**
 * Removes what was moved away, by an attempt that says whether it is gone. A process that looks at it just now has it open, which keeps it
 * from being removed on SMB and its directory on NFS and FUSE; a moment later it goes. The lock is free meanwhile. What then still stays
 * is left to ct-cleanup-locks.
 */
void remove_moved_away(const char *away, bool (*attempt)(const char *away));

/** Moves a lock out of the way, which frees it for all others at once. The new path, or null with errno. */
char *move_away(const char *path);
