#include "moment.h"

#include <time.h>

#include "report.h"

static long long clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return stamp_ms(now);
}

long long steady_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

long long wall_ms(void) { return clock_ms(CLOCK_REALTIME); }

long long stamp_ms(struct timespec stamp) { return stamp.tv_sec * 1000LL + stamp.tv_nsec / 1000000; }

char *iso_moment(long long ms) {
  time_t seconds = (time_t)(ms / 1000);
  struct tm fields;
  char date[32];
  gmtime_r(&seconds, &fields);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &fields);
  return text("%s.%03lldZ", date, ms % 1000);
}
