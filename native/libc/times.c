/* The calendar, in UTC. */
#include <time.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_of(int month, int year) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month] + (month == 1 && is_leap(year));
}

/** Year by year from 1970: a lock is not older. */
struct tm *gmtime_r(const time_t *restrict seconds, struct tm *restrict fields) {
  long day = *seconds / DAY, rest = *seconds % DAY;
  if (rest < 0) day--, rest += DAY;
  int year = 1970, month = 0;
  for (; day < 0 && year > 0; year--) day += 365 + is_leap(year - 1);
  for (; year < 10000 && day >= 365 + is_leap(year); year++) day -= 365 + is_leap(year);
  for (; month < 11 && day >= days_of(month, year); month++) day -= days_of(month, year);
  memset(fields, 0, sizeof *fields);
  fields->tm_year = year - 1900;
  fields->tm_mon = month;
  fields->tm_mday = (int)day + 1;
  fields->tm_hour = (int)(rest / 3600);
  fields->tm_min = (int)(rest / 60 % 60);
  fields->tm_sec = (int)(rest % 60);
  return fields;
}

/** Knows %Y, %m, %d, %H, %M and %S. */
size_t strftime(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict fields) {
  size_t length = 0;
  for (; *format != '\0' && length < size; format++) {
    if (*format != '%') {
      to[length++] = *format;
      continue;
    }
    int value = 0;
    switch (*++format) {
      case 'Y':
        value = fields->tm_year + 1900;
        break;
      case 'm':
        value = fields->tm_mon + 1;
        break;
      case 'd':
        value = fields->tm_mday;
        break;
      case 'H':
        value = fields->tm_hour;
        break;
      case 'M':
        value = fields->tm_min;
        break;
      default:
        value = fields->tm_sec;
    }
    length += (size_t)snprintf(to + length, size - length, *format == 'Y' ? "%d" : "%02d", value);
  }
  if (length >= size) return 0;
  to[length] = '\0';
  return length;
}
