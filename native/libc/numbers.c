/* Numbers in texts. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

long long llabs(long long value) { return value < 0 ? -value : value; }

static int digit_of(char c) {
  if (isdigit((unsigned char)c)) return c - '0';
  return isalpha((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 36;
}

/** The magnitude of the number at the beginning, at most `most`, and where it ends. */
static unsigned long long parse(const char *text, char **end, int base, bool *negative,
                                unsigned long long most_positive, unsigned long long most_negative) {
  const char *at = text;
  while (isspace((unsigned char)*at)) at++;
  *negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  bool hexadecimal = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && digit_of(at[2]) < 16;
  if ((base == 0 || base == 16) && hexadecimal) {
    at += 2;
    base = 16;
  } else if (base == 0) {
    base = *at == '0' ? 8 : 10;
  }
  unsigned long long value = 0, most = *negative ? most_negative : most_positive;
  const char *first = at;
  bool fits = true;
  for (; digit_of(*at) < base; at++) {
    unsigned long long digit = (unsigned)digit_of(*at);
    fits = fits && value <= (most - digit) / (unsigned)base;
    value = fits ? value * (unsigned)base + digit : most;
  }
  if (!fits) errno = ERANGE;
  if (end != NULL) *end = (char *)(at == first ? text : at);
  return value;
}

long long strtoll(const char *restrict text, char **restrict end, int base) {
  bool negative;
  unsigned long long value = parse(text, end, base, &negative, LLONG_MAX, (unsigned long long)LLONG_MAX + 1);
  return (long long)(negative ? 0 - value : value);
}

long strtol(const char *restrict text, char **restrict end, int base) { return strtoll(text, end, base); }

unsigned long long strtoull(const char *restrict text, char **restrict end, int base) {
  bool negative;
  unsigned long long value = parse(text, end, base, &negative, ULLONG_MAX, ULLONG_MAX);
  return negative && !(value == ULLONG_MAX && errno == ERANGE) ? 0 - value : value;
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base) { return strtoull(text, end, base); }

int atoi(const char *text) { return (int)strtol(text, NULL, 10); }
long atol(const char *text) { return strtol(text, NULL, 10); }
long long atoll(const char *text) { return strtoll(text, NULL, 10); }

/** A power of ten; those up to the 22nd are exact. */
static double power_of_ten(int exponent) {
  double power = 1;
  for (; exponent > 0; exponent--) power *= 10;
  return power;
}

/** Decimal numbers alone; exact up to fifteen digits and the power of 22, else next to it. */
double strtod(const char *restrict text, char **restrict end) {
  const char *at = text;
  while (isspace((unsigned char)*at)) at++;
  bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  uint64_t digits = 0;
  int exponent = 0;
  bool any = false, behind_point = false;
  for (; isdigit((unsigned char)*at) || (*at == '.' && !behind_point); at++) {
    if (*at == '.') {
      behind_point = true;
      continue;
    }
    any = true;
    bool fits = digits < UINT64_C(100000000000000000);
    if (fits) digits = digits * 10 + (unsigned)(*at - '0');
    if (exponent > -100000 && exponent < 100000) exponent += !fits - behind_point;
  }
  if (any && (*at == 'e' || *at == 'E')) {
    char *behind;
    long power = strtol(at + 1, &behind, 10);
    bool number = behind != at + 1 && !isspace((unsigned char)at[1]);
    if (number) {
      at = behind;
      exponent += power > 100000 ? 100000 : power < -100000 ? -100000 : (int)power;
    }
  }
  if (end != NULL) *end = (char *)(any ? at : text);
  double value = (double)digits;
  if (exponent > 400) exponent = 400;
  if (digits == 0 || exponent < -400) value = 0;
  else if (exponent < 0) value /= power_of_ten(-exponent);
  else value *= power_of_ten(exponent);
  return negative ? -value : value;
}

/** A number for scanf: the last of `size` is where it goes, unless skipped. */
static void store(va_list *rest, int longs, unsigned long long value) {
  if (longs == 0) *va_arg(*rest, int *) = (int)value;
  else *va_arg(*rest, long *) = (long)value;
}

/** Knows `%s`, `%Ns`, `%c`, `%d`, `%u`, `%x`, with `l` for long and `*` for what is skipped. */
int sscanf(const char *restrict text, const char *restrict format, ...) {
  const char *at = text;
  int found = 0;
  va_list rest;
  va_start(rest, format);
  for (; *format != '\0'; format++) {
    if (isspace((unsigned char)*format)) {
      while (isspace((unsigned char)*at)) at++;
      continue;
    }
    if (*format != '%') {
      if (*at != *format) break;
      at++;
      continue;
    }
    bool skipped = *++format == '*';
    if (skipped) format++;
    unsigned long width = isdigit((unsigned char)*format) ? strtoul(format, (char **)&format, 10) : ULONG_MAX;
    int longs = 0;
    for (; *format == 'l'; format++) longs++;
    if (*format != 'c') {
      while (isspace((unsigned char)*at)) at++;
    }
    if (*at == '\0') {
      if (found == 0) found = EOF;
      break;
    }
    if (*format == 'c' || *format == 's') {
      char *to = skipped ? NULL : va_arg(rest, char *);
      if (*format == 'c') width = 1;
      for (; *at != '\0' && width > 0 && (*format == 'c' || !isspace((unsigned char)*at)); at++, width--) {
        if (to != NULL) *to++ = *at;
      }
      if (to != NULL && *format == 's') *to = '\0';
    } else {
      char *end;
      int base = *format == 'x' ? 16 : 10;
      unsigned long long value = *format == 'd' ? (unsigned long long)strtoll(at, &end, base)
                                                : strtoull(at, &end, base);
      if (end == at) break;
      at = end;
      if (!skipped) store(&rest, longs, value);
    }
    if (!skipped) found++;
  }
  va_end(rest);
  return found;
}
