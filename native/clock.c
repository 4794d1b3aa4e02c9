#include "clock.h"

#include <stdlib.h>

/** In nanoseconds. The clock of the files stands still for up to 10 ms, and the other one is read a little later. */
enum { MS = 1000000, LONGEST_READING = 10 * MS, SET = 50 * MS, MARGIN = 100 * MS };
enum { ATTEMPTS = 3 };

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

long long file_clock(void) { return now(CLOCK_REALTIME_COARSE); }

bool read_clocks(struct instant *instant) {
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    long long begun = now(CLOCK_BOOTTIME);
    instant->file = file_clock();
    long long ended = now(CLOCK_BOOTTIME);
    instant->ahead = instant->file - ended;
    if (ended - begun <= LONGEST_READING) return true;
  }
  return false;
}

bool is_same_clock(long long ahead, long long later_ahead) {
  long long difference = later_ahead - ahead;
  return difference > -SET && difference < SET;
}

long long before_moment(long long file) { return file - MARGIN; }

bool read_instant(const char *text, struct instant *instant) {
  char *end;
  instant->file = strtoll(text, &end, 10);
  if (end == text || *end != ' ') return false;
  text = end + 1;
  instant->ahead = strtoll(text, &end, 10);
  return end != text && *end == '\0';
}
