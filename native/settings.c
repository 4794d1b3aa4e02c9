#include "settings.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "tables/messages.h"

static const char *digits(const char *at) {
  while (isdigit((unsigned char)*at)) at++;
  return at;
}

/** Whether this is a decimal number without a sign: `1`, `.5`, `1e3`. strtod(3) alone would also take `inf` and `0x1`. */
static bool is_number(const char *begin, const char *end) {
  const char *whole = digits(begin);
  const char *at = *whole == '.' ? digits(whole + 1) : whole;
  if (at == begin || at[-1] == '.') return false;
  if (*at == 'e' || *at == 'E') {
    const char *exponent = at + 1 + (at[1] == '+' || at[1] == '-');
    at = digits(exponent);
    if (at == exponent) return false;
  }
  return at == end;
}

/** NAN when the variable is not set or makes no sense. */
static double number(const char *name, const char *unit, double least) {
  const char *begin = getenv(name);
  if (begin == NULL) return NAN;
  while (isspace((unsigned char)*begin)) begin++;
  const char *end = begin + strlen(begin);
  while (end > begin && isspace((unsigned char)end[-1])) end--;
  if (end == begin) return NAN;
  double value = is_number(begin, end) ? strtod(begin, NULL) : NAN;
  if (isfinite(value) && value >= least) return value;
  warn(SAYS_IGNORED_SETTING, name, text("%.*s", (int)(end - begin), begin), unit);
  return NAN;
}

static long seconds(const char *name, long otherwise_ms) {
  double value = number(name, SAYS_UNIT_SECONDS, 0.001);
  if (isnan(value)) return otherwise_ms;
  return value * 1000 < INT_MAX ? (long)(value * 1000) : INT_MAX;
}

struct settings settings_from_environment(enum strategy strategy, const struct filesystem *filesystem) {
  bool by_kernel = strategy == STRATEGY_FLOCK || strategy == STRATEGY_FCNTL;
  long poll_ms = -1;
  if (strategy == STRATEGY_CIFS) poll_ms = seconds("CT_LOCK_SLEEP_INTERVAL_CIFS", -1);
  if (by_kernel) poll_ms = seconds("CT_LOCK_SLEEP_INTERVAL_FLOCK", -1);
  if (poll_ms < 0) {
    poll_ms = seconds("CT_LOCK_SLEEP_INTERVAL",
                      strategy == STRATEGY_LOCKDIR ? filesystem->lockdir_poll_ms : OTHER_POLL_MS);
  }
  struct settings settings = {
      .poll_ms = poll_ms,
      .warn_ms = seconds("CT_LOCK_WARN_INTERVAL", WARN_MS),
      .overdue_ms = seconds("CT_LOCK_TIMEOUT", OVERDUE_MS),
      .verbose = number("CT_LOCK_VERBOSE", SAYS_UNIT_NUMBER, 0),
      .log = getenv("CT_LOCK_LOG"),
  };
  if (isnan(settings.verbose)) settings.verbose = 0;
  if (settings.log != NULL && settings.log[0] == '\0') settings.log = NULL;
  return settings;
}
