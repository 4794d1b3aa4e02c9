/* Where the kernel begins a program, and where the program ends. */
#include <stdlib.h>
#include <unistd.h>

#include "system.h"

char **environ;

int main(int count, char **arguments, char **environment);

#if defined __x86_64__
__asm__(
    ".pushsection .text\n"
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call begin\n"
    ".popsection\n");
#else
__asm__(
    ".pushsection .text\n"
    ".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  and sp, x0, #-16\n"
    "  b begin\n"
    ".popsection\n");
#endif

void begin(long *stack) __attribute__((used, noreturn));

/** @param stack the number of arguments, these, null, the environment, null */
void begin(long *stack) {
  int count = (int)stack[0];
  char **arguments = (char **)(stack + 1);
  environ = arguments + count + 1;
  _exit(main(count, arguments, environ));
}

void _exit(int code) {
  for (;;) CALL1(exit_group, code);
}

void exit(int code) { _exit(code); }

/** One for the process: there is one thread. */
static int error;

int *__errno_location(void) { return &error; }
