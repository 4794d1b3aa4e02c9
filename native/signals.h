#pragma once

#include <signal.h>
#include <stdbool.h>

/** The first INT, TERM or HUP that came, or 0. Later ones change nothing: the end is under way, and it has a limit. */
extern volatile sig_atomic_t stop_signal;

/**
 * Holds all signals back from now on, but in the functions below: no step on a shared file is ever interrupted half-way.
 * A signal that our parent has us ignore (nohup) stays ignored.
 */
void hold_signals(void);

/** Whether our parent has set an alarm that is to end us. To be asked before hold_signals. */
bool has_inherited_alarm(void);

/** Undoes that, for a child before its exec(2) and for ourselves before we become another program. */
void restore_signals(void);

/** Sleeps; ends early when a signal comes. */
void pause_ms(long ms);

/** Sleeps until a child ends or a signal comes. */
void await_signal(void);

/** What a blocking system call answers: >= 0, or -1 and errno. */
typedef int blocking_call(void *context);

/**
 * Makes a blocking call with signals let in, for at most so many milliseconds. It ends with EINTR when that time has
 * passed or when a signal came, even one that came just before the call.
 */
int interruptibly(blocking_call *call, void *context, long ms);
