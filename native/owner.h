#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** What is longer was not written by a lock tool. */
enum { LONGEST_RECORD = 512 };

/** Who a lock says its owner is. */
struct owner {
  /** Empty where the record names no host: older helpers write the pid alone for cifs. */
  char host[LONGEST_RECORD];
  pid_t pid;
};

/** What was seen of a lock at one moment. */
struct sighting {
  /** Nothing is there: the other fields mean nothing. */
  bool free;
  /** There is a record that names an owner. */
  bool named;
  /** Why nothing can be said of the owner although something is recorded, half a sentence; or null. */
  const char *obscure;
  struct owner owner;
  /** When the lock was made, by the clock of the file server; 0 for locks of the kernel. */
  long long made_ms;
};

/** What seems to have become of an owner. TypeScript has the last word on `dead`, before anything is removed. */
enum fate { ALIVE, DEAD, UNKNOWN };
struct judgement {
  enum fate fate;
  /** Whether it has ended itself, and counts as alive because its command, or something that has its lock open, runs. */
  bool lingers;
  /** Half a sentence for messages. */
  char why[LONGEST_RECORD + 128];
};

/** `host:pid`, our own owner record. */
const char *own_record(void);

/** What a process does, by the kernel's letter: R, S, D, T, ...; null where /proc does not say. */
char state_of_process(pid_t pid);

/** When this process was started, or a little later, in milliseconds since the epoch; 0 where /proc does not say. */
long long own_start_ms(void);

/** Reads `host:pid`, `host:pid:more` and `pid`, the host of visible ASCII. False for anything else; see src/locks/owner.ts. */
bool parse_owner(const char *record, struct owner *owner);

/** What a judgement rests on besides the lock itself. */
struct circumstances {
  /** A marker without a name that is older than this was abandoned. */
  long ownerless_ms;
  /** A lock whose record names no host that is older than this may be dead. */
  long overdue_ms;
  /** Whether no other host can see the lock. */
  bool local;
};

/** As src/locks/owner.ts does, but without measuring the clock of the file server. */
struct judgement judge(const struct sighting *sighting, const struct circumstances *circumstances);
