#include "once.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "certain_filesystem.h"
#include "dependency_rule.h"
#include "directory.h"
#include "facts.h"
#include "facts_file.h"
#include "included_names.h"
#include "moment.h"
#include "mounts.h"
#include "owner.h"
#include "path.h"
#include "probe_file.h"
#include "product.h"
#include "report.h"
#include "sharing.h"
#include "source_text.h"

/** Facts are written for so long after a wait. */
enum { WANTED_S = 3600, WANTED_AGAIN_S = 60 };
/** In nanoseconds. */
enum { MS = 1000000 };
enum { LONGEST_NAME_OF_FACTS = 240, MOST_SOURCE = 1 << 24 };

static const char WANTED[] = "wanted";

struct once once_of(const struct plan *plan, char *const *command, const char *lock_directory, const char *lock_base) {
  struct once once = {.directory = -1, .dependencies = -1, .command = command};
  const char *name = name_of(lock_base);
  bool plain = plan->kind == PLAN_REDIRECTED && plan->directory == NULL && !plan->seeded && plan->side_count <= 1 &&
               strcmp(plan->destination, plan->target) == 0 &&
               (plan->side_count == 0 || plan->sides[0].temporary != NULL);
  once.possible = plain && strlen(name) <= LONGEST_NAME_OF_FACTS;
  if (!once.possible) return once;
  once.path = joined(lock_directory, "/.made-once", NULL);
  once.name = joined(name, ".made", NULL);
  return once;
}

static bool knows_recipe(struct once *once) {
  if (!once->has_recipe) once->knows_recipe = read_recipe(once->command, &once->recipe);
  once->has_recipe = true;
  return once->knows_recipe;
}

/** Whether only its owner and its group write to a directory, on a file system that shows so. */
static bool is_ours(int directory) {
  struct stat found;
  struct statfs where;
  return fstat(directory, &found) == 0 && (found.st_mode & S_IWOTH) == 0 && fstatfs(directory, &where) == 0 &&
         is_certain_filesystem((uint32_t)where.f_type);
}

/** Makes the directory of the facts as the one around it. */
static void make_facts_directory(const char *path) {
  int above = open(directory_of(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (above < 0) return;
  bool ours = is_ours(above);
  close(above);
  if (ours) make_directory(path);
}

static int open_directory(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

static bool is_wanted(int directory, long within_s) {
  struct stat found;
  return fstatat(directory, WANTED, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
         wall_ms() / 1000 - found.st_mtim.tv_sec <= within_s;
}

void want_once(struct once *once) {
  if (!once->possible || isatty(STDERR_FILENO) || !knows_recipe(once)) return;
  once->wanted_since = file_clock();
  int directory = open_directory(once->path);
  if (directory < 0 && errno == ENOENT) {
    make_facts_directory(once->path);
    directory = open_directory(once->path);
  }
  if (directory < 0) return;
  if (is_ours(directory) && !is_wanted(directory, WANTED_AGAIN_S)) {
    int fd = openat(directory, WANTED, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd >= 0) {
      share_descriptor(fd, once->path, FILE_MODE);
      (void)!futimens(fd, NULL);
      close(fd);
    }
  }
  close(directory);
}

/** Why what was made may not be taken; null when it may. */
static const char *why_not(const struct once *once, const struct plan *plan, const struct facts *facts) {
  struct instant now;
  if (strcmp(facts->recipe, once->recipe.digest) != 0) return "it was made in another way";
  if (facts->files[0].modified < once->wanted_since) return "it was made before it was wanted";
  if (!read_clocks(&now) || !is_same_clock(facts->ahead, now.ahead)) return "the clock was set";
  struct identity_of_file product = identify(plan->destination);
  if (facts->file_count != 1 + plan->side_count || !is_same_file(&product, &facts->files[0])) return "it has changed";
  for (size_t side = 0; side < plan->side_count; side++) {
    struct identity_of_file beside = identify(plan->sides[side].target);
    if (!is_same_file(&beside, &facts->files[1 + side])) return joined(plan->sides[side].target, " has changed", NULL);
  }
  struct buffer mounts = {0};
  char digest[SHA256_TEXT];
  bool known = read_mounts(&mounts) && digest_mounts(facts, &mounts, digest);
  if (!known || strcmp(digest, facts->mounts) != 0) return "something was mounted";
  long long before = before_moment(facts->began);
  const char *why = why_other_compiler(&facts->probe, before);
  if (why != NULL) return why;
  struct reading reading = {.inputs = facts->inputs,
                            .directories = facts->probe.directories,
                            .quote_directories = facts->probe.quote_directories,
                            .asked = facts->asked};
  if (once->recipe.searches_here) add_word(&reading.quote_directories, copy_of(".", 1), -1);
  return why_other_inputs(&reading, before);
}

bool take_made(struct once *once, const struct plan *plan, bool verbose) {
  if (!once->possible) return false;
  once->directory = open_directory(once->path);
  once->possible = once->directory >= 0 && is_wanted(once->directory, WANTED_S) && is_ours(once->directory) &&
                   !isatty(STDERR_FILENO) && knows_recipe(once);
  struct facts facts;
  if (!once->possible || !read_facts_file(once->directory, once->name, &facts)) return false;
  // One that was started while another one made it has come just too late to wait.
  if (once->wanted_since == 0) once->wanted_since = own_start_ms() * MS;
  if (once->wanted_since == 0) return false;
  const char *why = why_not(once, plan, &facts);
  if (why != NULL && verbose) warn("%s is made again: %s", plan->target, why);
  if (why != NULL) return false;
  write_all(STDERR_FILENO, facts.messages, facts.message_length);
  once->saved_ms = facts.took_ms;
  return true;
}

/** The compiler writes its dependencies to a file of its own without a name. */
static bool add_dependencies(struct once *once, struct plan *plan) {
  int file = memfd_create("dependencies", MFD_CLOEXEC);
  once->dependencies = file < 0 ? -1 : fcntl(file, F_DUPFD, FIRST_INHERITED);
  if (file >= 0) close(file);
  if (once->dependencies < 0) return false;
  char *path = text("/proc/self/fd/%d", once->dependencies);
  if (access(path, W_OK) != 0) return false;
  size_t count = 0;
  while (plan->argv[count] != NULL) count++;
  char *const more[] = {"-MD", "-MF", path, "-MT", "made"};
  enum { MORE = sizeof more / sizeof *more };
  char **longer = allocate((count + MORE + 1) * sizeof *longer);
  longer[0] = plan->argv[0];
  memcpy(longer + 1, more, sizeof more);
  memcpy(longer + 1 + MORE, plan->argv + 1, count * sizeof *longer);
  plan->argv = longer;
  return true;
}

void begin_making(struct once *once, struct plan *plan) {
  if (!once->possible || !read_clocks(&once->began)) return;
  if (!read_mounts(&once->mounts)) return;
  bool sided = plan->side_count == 1 && plan->sides[0].speaks_of_product;
  if (sided != once->recipe.names_dependencies || (!sided && !add_dependencies(once, plan))) return;
  plan->hearing = &once->hearing;
  once->recording = true;
}

/** The text of the dependency file. */
static bool read_dependencies(const struct once *once, const struct plan *plan, struct buffer *text) {
  int fd = once->dependencies >= 0 ? once->dependencies
                                   : open(plan->sides[0].target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  bool whole = fd >= 0 && read_file(fd, MOST_FACTS, text);
  if (fd >= 0) close(fd);
  return whole;
}

static bool read_inputs(const struct once *once, const struct plan *plan, struct facts *facts,
                        struct included_names *included) {
  struct buffer rule = {0};
  struct words inputs = {0};
  if (!read_dependencies(once, plan, &rule) || !read_dependency_rule(rule.bytes, rule.length, &inputs)) return false;
  if (strcmp(inputs.items[0].text, once->recipe.source) != 0) return false;
  struct buffer source = {0};
  for (size_t word = 0; word < inputs.count; word++) {
    char *path = inputs.items[word].text;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    source.length = 0;
    char *spliced = fd >= 0 && read_file(fd, MOST_SOURCE, &source) ? without_splices(source.bytes, source.length)
                                                                   : NULL;
    if (fd >= 0) close(fd);
    if (spliced == NULL || !read_spliced_text(spliced, &facts->asked)) return false;
    add_included_names(spliced, path, included);
    free(spliced);
    add_word(&facts->inputs, path, -1);
  }
  return true;
}

/** Whether the same is mounted where it reads, and gcc names all inputs as it has looked for them. */
static bool is_as_looked_for(const struct once *once, struct facts *facts, const struct included_names *included) {
  struct buffer mounts = {0};
  char before[SHA256_TEXT];
  if (!digest_mounts(facts, &once->mounts, before) || !read_mounts(&mounts)) return false;
  if (!digest_mounts(facts, &mounts, facts->mounts) || strcmp(before, facts->mounts) != 0) return false;
  if (has_shortened(&facts->probe.directories, &facts->inputs)) return false;
  return !leads_over_link(included, &facts->probe.directories, &facts->inputs);
}

/** Whether a file is the very one that the compiler has left, which has been renamed since. */
static bool is_what_was_made(const struct stat *made, const struct identity_of_file *file) {
  struct identity_of_file left = identity_of(made);
  left.changed = file->changed;
  return is_same_file(&left, file);
}

void record_made(struct once *once, const struct plan *plan) {
  if (!once->recording || !once->hearing.heard) return;
  struct facts facts = {.began = once->began.file, .ahead = once->began.ahead, .took_ms = once->hearing.took_ms};
  memcpy(facts.recipe, once->recipe.digest, sizeof facts.recipe);
  facts.messages = once->hearing.messages;
  facts.message_length = once->hearing.length;
  if (memmem(facts.messages, facts.message_length, name_of(plan->temporary), strlen(name_of(plan->temporary))) != NULL)
    return;
  facts.files[facts.file_count++] = identify(plan->destination);
  if (!is_what_was_made(&once->hearing.made, &facts.files[0])) return;
  struct included_names included = {0};
  if (!read_inputs(once, plan, &facts, &included)) return;
  // Of two products with one dependency file, the other one's may have taken the place of ours; what is ours now was so when
  // it was read.
  for (size_t side = 0; side < plan->side_count; side++) {
    struct identity_of_file *beside = &facts.files[facts.file_count++];
    *beside = identify(plan->sides[side].target);
    if (!is_what_was_made(&once->hearing.beside, beside)) return;
  }
  if (!know_compiler(once->directory, &once->recipe, &facts.probe)) return;
  if (!is_as_looked_for(once, &facts, &included)) return;
  write_facts_file(once->directory, once->name, &facts);
}
