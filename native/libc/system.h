#pragma once

#include <errno.h>
#include <sys/syscall.h>

/*
 * What the native front needs of a C library, and nothing of what one does before main(): glibc's static start asks the
 * processor what it can (dozens of instructions that trap in a virtual machine), picks its string functions by that, sets
 * up threads and reads its tunables, which is more than half of what the front takes. Headers are the system's; what is
 * missing here is a link error, and then the system's library serves (see scripts/native.mjs), as on architectures other
 * than these two, for sanitizers and for the fuzzer. Both libraries pass the same tests (test/native/libc.test.ts).
 *
 * No threads, no locale, no stack protector. Only for kernels whose structures are those of the headers: 64 bits.
 */

#if defined __x86_64__

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined __aarch64__

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

#else
#error "not for this architecture: the system's C library serves"
#endif

/** What a system call answers, as C has it: -1 with errno. */
static inline long answer(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

#define CALL(name, a, b, c, d, e, f) \
  answer(call6(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))
#define CALL0(name) CALL(name, 0, 0, 0, 0, 0, 0)
#define CALL1(name, a) CALL(name, a, 0, 0, 0, 0, 0)
#define CALL2(name, a, b) CALL(name, a, b, 0, 0, 0, 0)
#define CALL3(name, a, b, c) CALL(name, a, b, c, 0, 0, 0)
#define CALL4(name, a, b, c, d) CALL(name, a, b, c, d, 0, 0)
