#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>

volatile sig_atomic_t stop_signal;

static const int OURS[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGPIPE};
enum { COUNT = sizeof OURS / sizeof *OURS };

static struct sigaction original_actions[COUNT];
static sigset_t original_mask;
static sigset_t open_mask;
static sigset_t held_mask;
static bool held;
static volatile sig_atomic_t has_timer;

/** From now on the alarm goes off again and again, so that a call which is about to block does not miss the signal. */
static void alarm_again_and_again(long first_ms) {
  struct itimerval timer = {
      .it_value = {.tv_sec = first_ms / 1000, .tv_usec = first_ms % 1000 * 1000},
      .it_interval = {.tv_usec = 20 * 1000},
  };
  setitimer(ITIMER_REAL, &timer, NULL);
  has_timer = 1;
}

static void stop_timer(void) {
  struct itimerval never = {0};
  if (has_timer) setitimer(ITIMER_REAL, &never, NULL);
  has_timer = 0;
}

static void on_stop(int signal) {
  if (stop_signal == 0) stop_signal = signal;
  alarm_again_and_again(1);
}

static void on_wake(int signal) { (void)signal; }

bool has_inherited_alarm(void) {
  struct itimerval timer;
  return getitimer(ITIMER_REAL, &timer) == 0 && (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0);
}

void hold_signals(void) {
  held = true;
  sigset_t ours;
  sigemptyset(&ours);
  for (int index = 0; index < COUNT; index++) sigaddset(&ours, OURS[index]);
  sigprocmask(SIG_BLOCK, &ours, &original_mask);
  held_mask = open_mask = original_mask;
  for (int index = 0; index < COUNT; index++) {
    int signal = OURS[index];
    sigaddset(&held_mask, signal);
    sigdelset(&open_mask, signal);
    bool stops = signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
    // A warning whose reader is gone (`make 2>&1 | head`) must not end a compile.
    struct sigaction action = {.sa_handler = stops ? on_stop : signal == SIGPIPE ? SIG_IGN : on_wake};
    struct sigaction *original = &original_actions[index];
    sigaction(signal, &action, original);
    if (stops && original->sa_handler == SIG_IGN) sigaction(signal, original, NULL);
  }
}

void restore_signals(void) {
  if (!held) return;
  stop_timer();
  for (int index = 0; index < COUNT; index++) sigaction(OURS[index], &original_actions[index], NULL);
  sigprocmask(SIG_SETMASK, &original_mask, NULL);
}

void pause_ms(long ms) {
  struct timespec duration = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  ppoll(NULL, 0, &duration, &open_mask);
}

void await_signal(void) { sigsuspend(&open_mask); }

int interruptibly(blocking_call *call, void *context, long ms) {
  alarm_again_and_again(ms > 0 ? ms : 1);
  sigprocmask(SIG_SETMASK, &open_mask, NULL);
  int result = -1;
  errno = EINTR;
  if (stop_signal == 0) result = call(context);
  int error = errno;
  sigprocmask(SIG_SETMASK, &held_mask, NULL);
  stop_timer();
  errno = error;
  return result;
}
