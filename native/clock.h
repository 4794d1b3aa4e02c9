#pragma once

#include <stdbool.h>
#include <time.h>

/** In nanoseconds: a moment by the clock of local files, and how far that clock is ahead of the time since the host's start. */
struct instant {
  long long file, ahead;
};

static inline long long nanoseconds(struct timespec stamp) { return stamp.tv_sec * 1000000000LL + stamp.tv_nsec; }

/** False where reading the two clocks takes too long to mean one moment. */
bool read_clocks(struct instant *instant);

/** The moment alone. No system call. */
long long file_clock(void);

/** Whether the clock of the files has not been set between two instants, as far as that matters. */
bool is_same_clock(long long ahead, long long later_ahead);

/** What changed earlier than this was there at a moment. */
long long before_moment(long long file);

/** Reads `FILE AHEAD`, the two numbers of an instant. */
bool read_instant(const char *text, struct instant *instant);
