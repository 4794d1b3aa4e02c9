#pragma once

#include <sys/types.h>

/**
 * The kernel's own file that stands for the PID namespace that we are in (/proc/self/ns/pid), the same for all processes in it:
 * it cannot be tampered with. Opened once, never closed, and not inherited. -1, with errno, where it cannot be opened.
 */
int pid_namespace(void);

/** Its inode number, by which the kernel and users name the namespace; 0 where it is not known. */
ino_t pid_namespace_number(void);
