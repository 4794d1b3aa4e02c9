/* printf(3) into memory, as far as we use it: `%s %c %d %i %u %x %X %o %zu %p %%` with flags, width, precision and lengths. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Where the text goes; what does not fit is only counted. */
struct room {
  char *to;
  size_t size, length;
};

static void put(struct room *room, char c, size_t count) {
  for (; count > 0; count--, room->length++) {
    if (room->length < room->size) room->to[room->length] = c;
  }
}

static void put_text(struct room *room, const char *text, size_t length) {
  for (size_t index = 0; index < length; index++) put(room, text[index], 1);
}

struct conversion {
  bool left, zeros, plus, alternate;
  size_t width;
  /** -1 where there is none. */
  long precision;
  int longs;
  char kind;
};

/** The text of a conversion with the blanks or zeros that its width asks for. @param sign what stands before zeros */
static void put_padded(struct room *room, const struct conversion *as, const char *sign, const char *text,
                       size_t length) {
  size_t whole = strlen(sign) + length;
  size_t missing = as->width > whole ? as->width - whole : 0;
  bool zeros = as->zeros && !as->left;
  if (!as->left && !zeros) put(room, ' ', missing);
  put_text(room, sign, strlen(sign));
  if (zeros) put(room, '0', missing);
  put_text(room, text, length);
  if (as->left) put(room, ' ', missing);
}

static void put_number(struct room *room, struct conversion as, uintmax_t value, bool negative) {
  const char *digits = as.kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  unsigned base = as.kind == 'x' || as.kind == 'X' || as.kind == 'p' ? 16 : as.kind == 'o' ? 8 : 10;
  char text[128];
  size_t at = sizeof text;
  const char *sign = negative ? "-" : as.plus ? "+" : "";
  if (as.kind == 'p' || (as.alternate && base == 16 && value != 0)) sign = "0x";
  size_t least = as.precision < 0 ? 1 : as.precision > 100 ? 100 : (size_t)as.precision;
  for (; value > 0; value /= base) text[--at] = digits[value % base];
  while (sizeof text - at < least) text[--at] = '0';
  if (as.precision >= 0) as.zeros = false;
  put_padded(room, &as, sign, text + at, sizeof text - at);
}

/** Reads what stands behind a percent sign. @returns the last character of it */
static const char *read_conversion(const char *at, struct conversion *as, va_list *rest) {
  *as = (struct conversion){.precision = -1};
  for (;; at++) {
    if (*at == '-') as->left = true;
    else if (*at == '0') as->zeros = true;
    else if (*at == '+') as->plus = true;
    else if (*at == '#') as->alternate = true;
    else break;
  }
  if (*at == '*') {
    int width = va_arg(*rest, int);
    as->left = as->left || width < 0;
    as->width = width < 0 ? 0 - (size_t)width : (size_t)width;
    at++;
  } else {
    as->width = strtoul(at, (char **)&at, 10);
  }
  if (*at == '.') {
    at++;
    if (*at == '*') {
      as->precision = va_arg(*rest, int);
      at++;
    } else {
      as->precision = isdigit((unsigned char)*at) ? strtol(at, (char **)&at, 10) : 0;
    }
  }
  for (; *at == 'l' || *at == 'z' || *at == 'j' || *at == 't'; at++) as->longs++;
  as->kind = *at;
  return at;
}

static void convert(struct room *room, const struct conversion *as, va_list *rest) {
  switch (as->kind) {
    case 's': {
      const char *text = va_arg(*rest, const char *);
      if (text == NULL) text = "(null)";
      put_padded(room, as, "", text, as->precision < 0 ? strlen(text) : strnlen(text, (size_t)as->precision));
      break;
    }
    case 'c': {
      char c = (char)va_arg(*rest, int);
      put_padded(room, as, "", &c, 1);
      break;
    }
    case 'd':
    case 'i': {
      intmax_t value = as->longs > 0 ? va_arg(*rest, long) : va_arg(*rest, int);
      put_number(room, *as, value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value, value < 0);
      break;
    }
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      put_number(room, *as, as->longs > 0 ? va_arg(*rest, unsigned long) : va_arg(*rest, unsigned), false);
      break;
    case 'p':
      put_number(room, *as, (uintptr_t)va_arg(*rest, void *), false);
      break;
    case '%':
      put(room, '%', 1);
      break;
    default:
      abort(); // a conversion that is not here yet
  }
}

int vsnprintf(char *restrict to, size_t size, const char *restrict format, va_list arguments) {
  struct room room = {to, size == 0 ? 0 : size - 1, 0};
  va_list rest;
  va_copy(rest, arguments);
  for (; *format != '\0'; format++) {
    if (*format != '%') {
      put(&room, *format, 1);
      continue;
    }
    struct conversion as;
    format = read_conversion(format + 1, &as, &rest);
    convert(&room, &as, &rest);
  }
  va_end(rest);
  if (size > 0) to[room.length < room.size ? room.length : room.size] = '\0';
  return (int)room.length;
}

int vsprintf(char *restrict to, const char *restrict format, va_list arguments) {
  return vsnprintf(to, SIZE_MAX, format, arguments);
}

int vasprintf(char **to, const char *restrict format, va_list arguments) {
  int length = vsnprintf(NULL, 0, format, arguments);
  *to = malloc((size_t)length + 1);
  return *to == NULL ? -1 : vsnprintf(*to, (size_t)length + 1, format, arguments);
}

int snprintf(char *restrict to, size_t size, const char *restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return length;
}

int sprintf(char *restrict to, const char *restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsprintf(to, format, arguments);
  va_end(arguments);
  return length;
}
