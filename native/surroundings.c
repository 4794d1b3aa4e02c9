#include "surroundings.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"
#include "report.h"
#include "words.h"

extern char **environ;

/** The kernel has room for more groups; no process has them. */
enum { MOST_GROUPS = 1024 };

// clang-format off: tables
/** With these, compilers read or write more than their dependency file says, or other programs take their place. */
static const char *const uncertain[] = {"CCC_OVERRIDE_OPTIONS",
                                        "COMPILER_PATH",
                                        "DEPENDENCIES_OUTPUT",
                                        "GCC_EXEC_PREFIX",
                                        "LD_AUDIT",
                                        "LD_PRELOAD",
                                        "QA_OVERRIDE_GCC3_OPTIONS",
                                        "SUNPRO_DEPENDENCIES",
                                        NULL};

/** What gcc, clang, as, the C library and its dynamic linker read, by the beginnings of the names. */
static const char *const read_by_compilers[] = {"ASAN_",
                                                "AS_",
                                                "CCC_",
                                                "CHARSET",
                                                "CLANG_",
                                                "COLLECT_",
                                                "COLUMNS",
                                                "CPATH",
                                                "CPLUS_INCLUDE_PATH",
                                                "CRASH_DIAGNOSTICS",
                                                "CUDA_PATH",
                                                "C_INCLUDE_PATH",
                                                "FORCE_CLANG",
                                                "GCC_",
                                                "GCONV_PATH",
                                                "GLIBC_TUNABLES",
                                                "GNUTARGET",
                                                "GOMP_",
                                                "HIP_PATH",
                                                "LANG",
                                                "LC_",
                                                "LD_",
                                                "LIBCLANG_",
                                                "LIBRARY_PATH",
                                                "LLVM_",
                                                "LOCPATH",
                                                "LPATH",
                                                "LSAN_",
                                                "MACOSX_DEPLOYMENT_TARGET",
                                                "MALLOC_",
                                                "NIX_",
                                                "NLSPATH",
                                                "NO_COLOR",
                                                "OBJCPLUS_INCLUDE_PATH",
                                                "OBJC_INCLUDE_PATH",
                                                "OFFLOAD_",
                                                "OUTPUT_CHARSET",
                                                "PATH=",
                                                "POSIXLY_CORRECT",
                                                "PWD=",
                                                "RC_DEBUG_",
                                                "ROCM_PATH",
                                                "SDKROOT",
                                                "SOURCE_DATE_EPOCH",
                                                "SYSROOT",
                                                "TERM",
                                                "TMP",
                                                "TEMP",
                                                "UBSAN_",
                                                "ZERO_AR_DATE",
                                                NULL};
// clang-format on

static bool is_set_to_more(const char *entry, const char *const *names) {
  for (; *names != NULL; names++) {
    size_t length = strlen(*names);
    if (strncmp(entry, *names, length) == 0 && entry[length] == '=') return entry[length + 1] != '\0';
  }
  return false;
}

static int compare(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

/** In the order of the alphabet: the order in the environment means nothing. */
static bool add_environment(struct buffer *buffer) {
  size_t count = 0, kept = 0;
  while (environ[count] != NULL) count++;
  char **entries = allocate((count + 1) * sizeof *entries);
  for (size_t index = 0; index < count; index++) {
    if (is_set_to_more(environ[index], uncertain)) return false;
    if (begins_among(environ[index], read_by_compilers)) entries[kept++] = environ[index];
  }
  qsort(entries, kept, sizeof *entries, compare);
  for (size_t index = 0; index < kept; index++) add_field(buffer, entries[index]);
  return true;
}

/** A host between two starts; containers of one host are told apart by their root. */
static bool add_boot(struct buffer *buffer) {
  char id[64];
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, id, sizeof id - 1);
  close(fd);
  id[length > 0 ? length : 0] = '\0';
  add_field(buffer, id);
  return length > 0;
}

static bool add_groups(struct buffer *buffer) {
  static gid_t groups[MOST_GROUPS];
  int count = getgroups(MOST_GROUPS, groups);
  for (int index = 0; index < count; index++) add_field(buffer, text("%ld", (long)groups[index]));
  return count >= 0;
}

bool add_surroundings(struct buffer *buffer) {
  struct stat root, directory;
  const char *here = working_directory();
  if (here == NULL || stat("/", &root) != 0 || stat(".", &directory) != 0) return false;
  mode_t mask = umask(0);
  umask(mask);
  add_field(buffer, here);
  add_field(buffer, text("in %lu %lu root %lu %lu user %ld %ld umask %o", (unsigned long)directory.st_dev,
                         (unsigned long)directory.st_ino, (unsigned long)root.st_dev, (unsigned long)root.st_ino,
                         (long)geteuid(), (long)getegid(), (unsigned)mask));
  return add_groups(buffer) && add_boot(buffer) && add_environment(buffer);
}
