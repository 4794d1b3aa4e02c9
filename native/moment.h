#pragma once

#include <sys/stat.h>

/** A moment by the clock of a file system, in nanoseconds. */
typedef long long file_moment;

/** Milliseconds of a monotonic clock, for durations. */
long long steady_ms(void);

/** Milliseconds since the epoch. */
long long wall_ms(void);

/** A time stamp of a file in milliseconds since the epoch. */
long long stamp_ms(struct timespec stamp);

/** A moment, in milliseconds since the epoch, as in 2026-11-23T09:30:00.000Z. */
char *iso_moment(long long ms);
