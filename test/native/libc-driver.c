/*
 * Says what the C library answers to many questions. Built with the small library and with the system's, it must say the
 * same; see libc.test.ts.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
  char *line;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&line, format, arguments);
  va_end(arguments);
  if (length < 0 || write(STDOUT_FILENO, line, (size_t)length) != length || write(STDOUT_FILENO, "\n", 1) != 1) _exit(3);
  free(line);
}

static uint64_t state = 88172645463325252u;
/** Xorshift: the same numbers in both builds. */
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}
static long below(long limit) { return (long)(next() % (uint64_t)limit); }

static void formats(void) {
  static const char *const texts[] = {"", "a", "some words", "\xc3\xa4\xff"};
  for (int round = 0; round < 300; round++) {
    int width = (int)below(24) - 12, precision = (int)below(14) - 2;
    long value = (long)next();
    value >>= below(64);
    const char *text = texts[below(4)];
    say("[%*d] [%*ld] [%ld] [%5d] [%-7d] [%07d] [%.4d] [%+d]", width, (int)value, width, value, value, (int)value,
        (int)value, (int)value, (int)value, (int)value);
    say("[%x] [%lx] [%016llx] [%#x] [%X] [%o] [%03o] [%04x] [%u] [%lu] [%zu] [%" PRIuMAX "]", (unsigned)value,
        (unsigned long)value, (unsigned long long)value, (unsigned)value, (unsigned)value, (unsigned)value,
        (unsigned)value & 255, (unsigned)value & 0xffff, (unsigned)value, (unsigned long)value, (size_t)value,
        (uintmax_t)value);
    say("[%s] [%*s] [%.*s] [%*.*s] [%-9s] [%c] [%3c] 100%%", text, width, text, precision, text, width, precision, text,
        text, (int)(33 + below(90)), 'x');
  }
  char small[8] = "0123456";
  volatile size_t room = 5;
  int length = snprintf(small, room, "%s", "abcdefgh");
  say("%d %s %c %d", length, small, small[6], snprintf(NULL, 0, "%d", 12345));
}

static void numbers(void) {
  static const char *const texts[] = {
      "", " ", "0", "7", "-7", "+7", " \t42x", "0x1f", "0x", "0xg", "017", "9223372036854775807", "9223372036854775808",
      "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "-1", "z", "1e3"};
  for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
    const char *text = texts[index];
    for (int base = 0; base <= 16; base += base == 0 ? 8 : base == 8 ? 2 : 6) {
      char *end;
      errno = 0;
      long long value = strtoll(text, &end, base);
      say("strtoll(%s, %d) = %lld %d %d", text, base, value, (int)(end - text), errno);
      errno = 0;
      unsigned long long natural = strtoull(text, &end, base);
      say("strtoull(%s, %d) = %llu %d %d", text, base, natural, (int)(end - text), errno);
    }
    say("%d %ld", atoi(text[0] == '9' || text[0] == '1' ? "5" : text), atol(text));
  }
  static const char *const decimals[] = {"0", "1", ".5", "0.1", "0.05", "0.001", "600", "30", "1e3", "1E-3", "2.5e+2", "1.", "12345678.9",
                                         "0.30000000000000004", "123456789012345678", "1e22", "1e-5", "-2.5", "x", "", "1e", "1e+", ".", "7 8"};
  for (size_t index = 0; index < sizeof decimals / sizeof *decimals; index++) {
    char *end;
    double value = strtod(decimals[index], &end);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    say("strtod(%s) = %016" PRIx64 " %d", decimals[index], bits, (int)(end - decimals[index]));
  }
  for (int round = 0; round < 500; round++) {
    char text[32];
    long whole = below(1000000), thousandths = below(1000), power = below(20) - 10;
    snprintf(text, sizeof text, "%ld.%03lde%ld", whole, thousandths, power);
    double value = strtod(text, NULL);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    say("strtod(%s) = %016" PRIx64, text, bits);
  }
}

static void scans(void) {
  static const char *const lines[] = {
      "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF", "12: OFDLCK ADVISORY  READ -1 00:04:4026531836 45092973056 45092973056",
      "1: -> FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF", "", "1: POSIX", "garbage of a line that is longer than any word of it"};
  for (size_t index = 0; index < sizeof lines / sizeof *lines; index++) {
    char kind[16] = "";
    long pid = -2;
    uintmax_t inode = 0, first = 0;
    int count = sscanf(lines[index], "%*s %15s %*s %*s %ld %*x:%*x:%" SCNuMAX " %" SCNuMAX, kind, &pid, &inode, &first);
    say("%d %s %ld %ju %ju", count, kind, pid, inode, first);
  }
  static const char *const stats[] = {" S 1 2 3 4", "S 1 2", " Z -1 -2 -3", "", " ", "R"};
  for (size_t index = 0; index < sizeof stats / sizeof *stats; index++) {
    char status = '?';
    int group = 0, session = 0, count = sscanf(stats[index], " %c %*d %d %d", &status, &group, &session);
    say("%d %c %d %d", count, status, group, session);
  }
  unsigned long inode = 0;
  int count = sscanf("pid:[4026531836]", "pid:[%lu]", &inode);
  say("%d %lu", count, inode);
  count = sscanf("uts:[4026531836]", "pid:[%lu]", &inode);
  say("%d", count);
}

static int sign(int value) { return (value > 0) - (value < 0); }
static long from(const void *base, const void *at) { return at == NULL ? -1 : (const char *)at - (const char *)base; }

static void texts(void) {
  for (int round = 0; round < 3000; round++) {
    char one[12] = "", other[6] = "", copy[40];
    for (long length = below(11), at = 0; at < length; at++) one[at] = "ab/A\xff"[below(5)];
    for (long length = below(4), at = 0; at < length; at++) other[at] = "ab/A\xff"[below(5)];
    int c = "ab/\xff"[below(5)];
    size_t size = (size_t)below(12);
    say("%zu %zu %d %d %d %d", strlen(one), strnlen(one, size), sign(strcmp(one, other)), sign(strncmp(one, other, size)),
        sign(strcasecmp(one, other)), sign(strncasecmp(one, other, size)));
    say("%ld %ld %ld %ld %ld %zu %zu", from(one, strchr(one, c)), from(one, strrchr(one, c)), from(one, strstr(one, other)),
        from(one, strpbrk(one, other)), from(one, memmem(one, sizeof one, other, size % 4)), strspn(one, other), strcspn(one, other));
    say("%ld %d", from(one, memchr(one, c, size)), sign(memcmp(one, other, sizeof other)));
    long end = from(copy, stpcpy(copy, one));
    memmove(copy + 2, copy, (size_t)end + 1);
    say("%ld %s", end, copy + 2);
    memmove(copy, copy + 2, (size_t)end + 1);
    memset(copy + 20, c, 3);
    copy[23] = '\0';
    say("%s %s", copy, copy + 20);
  }
  for (int c = 0; c < 128; c++) {
    say("%d %d %d %d %d %d", c, isdigit(c) != 0, isspace(c) != 0, isalpha(c) != 0, tolower(c), toupper(c));
  }
}

/** Longer than what is searched byte by byte, from any place in a word on, with what is looked for once, often or nowhere. */
static void long_texts(void) {
  static char text[5000], copy[sizeof text];
  for (int round = 0; round < 1500; round++) {
    size_t begin = (size_t)below(16), length = (size_t)below(sizeof text - 16);
    const char *letters = below(2) == 0 ? "ab" : "abcdefgh_ \xff";
    for (size_t at = 0; at < length; at++) text[begin + at] = letters[below((long)strlen(letters))];
    text[begin + length] = '\0';
    const char *one = text + begin;
    char part[400];
    size_t part_length = (size_t)below(round % 3 == 0 ? 300 : 12), taken = (size_t)below((long)length + 1);
    if (part_length > length - taken) part_length = length - taken;
    memcpy(part, one + taken, part_length);
    if (part_length > 0 && below(3) == 0) part[below((long)part_length)] = 'z';
    part[part_length] = '\0';
    say("%zu %ld %ld %ld", strlen(one), from(one, memchr(one, part[0], length)), from(one, strstr(one, part)),
        from(one, memmem(one, length, part, part_length)));
    say("%zu %zu %ld", strspn(one, "ab"), strcspn(one, "z_\xff"), from(one, strpbrk(one, "h ")));
    size_t to = (size_t)below(40), shift = (size_t)below(40);
    memcpy(copy, text, sizeof copy);
    memmove(copy + to, copy + shift, length / 2);
    memset(copy + below(40), 'm', (size_t)below(200));
    unsigned long sum = 0;
    for (size_t at = 0; at < sizeof copy; at++) sum = sum * 31 + (unsigned char)copy[at];
    say("%lx %d", sum, sign(memcmp(copy, text, sizeof copy)));
  }
}

static void memory(void) {
  unsigned char *blocks[64] = {0};
  size_t sizes[64] = {0};
  for (int round = 0; round < 5000; round++) {
    long at = below(64);
    size_t size = (size_t)below(round % 50 == 0 ? 3000000 : 3000);
    for (size_t byte = 0; byte < sizes[at]; byte += 1 + sizes[at] / 64) {
      if (blocks[at][byte] != (unsigned char)at) say("block %ld is damaged", at);
    }
    if (below(2) == 0) {
      free(blocks[at]);
      blocks[at] = malloc(size);
    } else {
      blocks[at] = realloc(blocks[at], size);
      for (size_t byte = 0; byte < (size < sizes[at] ? size : sizes[at]); byte++) {
        if (blocks[at][byte] != (unsigned char)at) say("block %ld has lost its content", at);
      }
    }
    if ((uintptr_t)blocks[at] % 16 != 0) say("not aligned");
    if (blocks[at] != NULL) memset(blocks[at], (int)at, size);
    sizes[at] = size;
  }
  unsigned char *zeros = calloc(1000, 7);
  for (int at = 0; at < 7000; at++) {
    if (zeros[at] != 0) say("calloc");
  }
  volatile size_t many = SIZE_MAX / 2;
  void *volatile none = malloc(many);
  say("%d", none == NULL);
  none = reallocarray(NULL, many, 3);
  say("%d", none == NULL);
}

static void errors(void) {
  static const int known[] = {0, EPERM, ENOENT, EINTR, EIO, EAGAIN, ENOMEM, EACCES, EBUSY, EEXIST, EXDEV, ENOTDIR, EISDIR, EINVAL, EMFILE,
                              ETXTBSY, EFBIG, ENOSPC, EROFS, EMLINK, EPIPE, EDEADLK, ENAMETOOLONG, ENOLCK, ENOTEMPTY, ELOOP, ESTALE,
                              EDQUOT, EREMOTEIO, EHOSTDOWN, ETIMEDOUT, EOPNOTSUPP, ENOEXEC, E2BIG, ENODEV, ENXIO, EUCLEAN, EKEYEXPIRED, 4000};
  for (size_t index = 0; index < sizeof known / sizeof *known; index++) say("%s", strerror(known[index]));
}

static void moments(void) {
  for (int round = 0; round < 500; round++) {
    time_t seconds = round < 20 ? (time_t)round * 86399 * 40 : (time_t)below(4102444800);
    struct tm fields;
    char text[40];
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &fields));
    say("%zu %s", length, text);
  }
}

static int by_name(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

/** What a call has answered, and why. */
static void say_end(long end) { say("%ld %d", end, end == 0 ? 0 : errno); }

/** In an empty directory. */
static void files(void) {
  struct stat found;
  say_end(mkdir("d", 0755));
  say_end(mkdir("d", 0755));
  for (int index = 0; index < 300; index++) {
    char name[16];
    snprintf(name, sizeof name, "d/%d", index);
    close(open(name, O_WRONLY | O_CREAT | O_EXCL, 0640));
  }
  char *names[400];
  size_t count = 0;
  DIR *directory = opendir("d");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, by_name);
  for (size_t index = 0; index < count; index++) say("%s", names[index]);
  say_end(opendir("none") == NULL);
  say_end(lstat("none", &found));
  say_end(stat("d/7", &found));
  say("%o", found.st_mode);
  int fd = open("lines", O_RDWR | O_CREAT, 0600);
  for (int line = 0; line < 2000; line++) {
    if (write(fd, "some text of a line\n", 20 - (size_t)(line % 7 == 0)) < 0) say("write");
  }
  close(fd);
  FILE *lines = fopen("lines", "re");
  char line[64];
  uint64_t sum = 0;
  int read_lines = 0;
  for (; fgets(line, sizeof line, lines) != NULL; read_lines++) sum = sum * 31 + strlen(line);
  fclose(lines);
  say("%d %" PRIu64, read_lines, sum);
  say_end(fopen("none", "r") == NULL);
  char *here = realpath(".", NULL), *there = realpath("d/../d/.", NULL);
  char given[PATH_MAX];
  say("%s", there + strlen(here));
  say("%d %d", realpath("lines", given) == given, strcmp(given + strlen(here), "/lines"));
  say_end(realpath("none", NULL) == NULL);
  say_end(realpath("none", given) == NULL);
  say_end(access("lines", R_OK));
  say_end(faccessat(AT_FDCWD, "lines", X_OK, AT_EACCESS));
  say_end(access("none", F_OK));
  say_end(renameat(AT_FDCWD, "lines", AT_FDCWD, "d/lines"));
  char where[PATH_MAX];
  say_end(getcwd(where, sizeof where) != where);
  say("%d", strcmp(where, here));
  say_end(getcwd(where, 2) != NULL);
  say("%d %d", getgroups(0, NULL) >= 0, syscall(SYS_getpid) == getpid());
  say_end(link("d/lines", "again"));
  say_end(unlink("d/lines"));
  say_end(rmdir("d"));
  say_end(dup2(99, 3));
}

static void sockets(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "none"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  say_end(fd < 0);
  say_end(connect(fd, (struct sockaddr *)&address, sizeof address));
  say_end(send(fd, "x", 1, MSG_NOSIGNAL) != 1);
  say_end(close(fd));
  say_end(socket(-1, SOCK_STREAM, 0) < 0);
}

/** A program with files in the place of its descriptors; what it has written. */
static void spawning(void) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "written", O_WRONLY | O_CREAT | O_TRUNC, 0640);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  say("%d", posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK));
  static char *const command[] = {"sh", "-c", "echo $0 $A; cat; echo error >&2; exit 5", NULL};
  static char *const environment[] = {"A=b c", NULL};
  pid_t child = 0;
  int status = 0;
  say("%d", posix_spawn(&child, "/bin/sh", &actions, &attributes, command, environment));
  waitpid(child, &status, 0);
  say("%d", WEXITSTATUS(status));
  say("%d", posix_spawnp(&child, "true", NULL, NULL, (char *[]){"true", NULL}, environment));
  waitpid(child, &status, 0);
  say("%d", WEXITSTATUS(status));
  say("%d", posix_spawn(&child, "none", &actions, &attributes, command, environment));
  say("%d", posix_spawnp(&child, "there-is-no-such-program", NULL, NULL, command, environment));
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  char text[64] = "";
  int fd = open("written", O_RDONLY);
  say("%zd", pread(fd, text, sizeof text - 1, 0));
  close(fd);
  for (char *word = strtok(text, " \n"); word != NULL; word = strtok(NULL, " \n")) say("word %s", word);
}

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

static int run(char **command) {
  int status = 0;
  volatile int problem = 0;
  pid_t child = vfork();
  if (child == 0) {
    execvp(command[0], command);
    problem = errno;
    _exit(9);
  }
  waitpid(child, &status, 0);
  return problem != 0 ? -problem : WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void processes(void) {
  static volatile int depth = 5; // vfork(2) must leave what the parent has on its stack
  int before = depth;
  say("%d", run((char *[]){"true", NULL}));
  say("%d", run((char *[]){"sh", "-c", "exit 7", NULL}));
  say("%d", run((char *[]){"sh", "-c", "kill -9 $$", NULL}));
  say("%d", run((char *[]){"there-is-no-such-program", NULL}));
  say("%d", run((char *[]){"./none", NULL}));
  say("%d", run((char *[]){"", NULL}));
  int fd = open("script", O_WRONLY | O_CREAT, 0755);
  if (write(fd, "exit $#\n", 8) != 8) say("write");
  close(fd);
  say("%d", run((char *[]){"./script", "a", "b", NULL}));
  close(open("plain", O_WRONLY | O_CREAT, 0644));
  say("%d %d", run((char *[]){"./plain", NULL}), before == depth);
  say("%s %d", getenv("DRIVER"), getenv("DRIVE") == NULL);

  sigset_t wait, old;
  struct sigaction action = {.sa_handler = on_signal}, had;
  sigemptyset(&wait);
  sigaddset(&wait, SIGUSR1);
  sigprocmask(SIG_BLOCK, &wait, &old);
  say_end(sigaction(SIGUSR1, &action, &had));
  say("%d", had.sa_handler == SIG_DFL);
  kill(getpid(), SIGUSR1);
  say("%d", (int)seen);
  sigdelset(&old, SIGUSR1);
  say_end(sigsuspend(&old));
  say("%d", (int)seen == SIGUSR1);
  sigaction(SIGUSR1, NULL, &had);
  say("%d", had.sa_handler == on_signal);
  struct timespec little = {.tv_nsec = 1000000};
  say("%d", ppoll(NULL, 0, &little, &old));
}

int main(void) {
  formats();
  numbers();
  scans();
  texts();
  long_texts();
  memory();
  errors();
  moments();
  files();
  sockets();
  spawning();
  processes();
  return 0;
}
