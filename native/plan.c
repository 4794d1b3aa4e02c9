#include "plan.h"

#include <string.h>

#include "archive_command.h"
#include "compiler_command.h"
#include "compiler_options.h"
#include "lock_name.h"
#include "response_file.h"
#include "tool.h"
#include "words.h"

/** A command while it is planned. */
struct planning {
  char **command;
  const char *pid, *random;
  struct tool tool;
  struct words words;
  /** A response file cannot be looked through. */
  bool opaque;
};

static struct plan unchanged(const struct planning *planning, const char *reason) {
  return (struct plan){.kind = PLAN_UNCHANGED, .argv = planning->command, .reason = reason};
}

static struct plan locked(const struct planning *planning, const char *target, const char *reason) {
  return (struct plan){.kind = PLAN_LOCKED, .argv = planning->command, .target = target, .reason = reason};
}

static struct plan opaque(const struct planning *planning, const char *target) {
  return locked(planning, target, "a response file cannot be looked through");
}

/** `-x` would be an option, `@x` a response file. */
static const char *as_operand(const char *path) {
  return path[0] == '-' || path[0] == '@' ? joined("./", path, NULL) : path;
}

/** Where the name of the target leaves no room for more, its short name takes its place. */
static const char *beside_name(const struct planning *planning, const char *target) {
  const char *ending = joined(".", planning->pid, ".", planning->random, ".tmp", NULL);
  const char *name = name_of(target);
  if (strlen(name) + strlen(ending) <= LONGEST_NAME) return as_operand(joined(target, ending, NULL));
  return as_operand(joined(copy_of(target, (size_t)(name - target)), short_name(name), ending, NULL));
}

/**
 * The name of a temporary whose ending alone differs from the target's: gcc and clang name dependency files, .dwo, .gcno
 * and the like after what stands before the ending. Null for .foo, which for gcc has no ending.
 *
 * @param derives whether it writes such files. If not, any name will do where this one is too long; else null
 */
static const char *beside_stem(const struct planning *planning, const char *target, bool derives) {
  const char *name = name_of(target);
  const char *dot = strrchr(name, '.');
  if (dot == name) return NULL;
  const char *stem = dot == NULL ? target : copy_of(target, (size_t)(dot - target));
  const char *path = joined(stem, ".tmp-", planning->pid, "-", planning->random, NULL);
  if (strlen(name_of(path)) <= LONGEST_NAME) return as_operand(path);
  return derives ? NULL : beside_name(planning, target);
}

static bool is_file_name(const char *path) {
  static const char *const no_names[] = {"", ".", "..", NULL};
  return strcmp(path, "-") != 0 && !is_among(name_of(path), no_names);
}

/** The next name of a path, leaving out empty ones and `.`; its length is 0 at the end. */
static size_t next_name(const char **path) {
  for (;;) {
    while (**path == '/') ++*path;
    size_t length = strcspn(*path, "/");
    if (length != 1 || **path != '.') return length;
    ++*path;
  }
}

/** Whether two paths are the same as written, but for `./` and `//`. */
static bool is_same_path(const char *one, const char *other) {
  if ((one[0] == '/') != (other[0] == '/')) return false;
  for (;;) {
    size_t length = next_name(&one);
    if (length != next_name(&other) || strncmp(one, other, length) != 0) return false;
    if (length == 0) return true;
    one += length;
    other += length;
  }
}

/** The arguments that replace one, or stand before it. */
struct edit {
  size_t index, replaced;
  const char *with[4];
};

/**
 * The plan to run the command so edited. Response files stay as they are, unless the argument stands in one, which is
 * for TypeScript.
 */
static struct plan redirected(const struct planning *planning, const struct edit *edit, struct plan plan) {
  int count = 0, added = 0;
  while (planning->command[count] != NULL) count++;
  while (added < 4 && edit->with[added] != NULL) added++;
  int at = edit->index == planning->words.count ? count : planning->words.items[edit->index].at;
  if (at < 0) {
    const char *reason = "this command has its output in a response file";
    return (struct plan){.kind = PLAN_TYPESCRIPT, .argv = planning->command, .reason = reason};
  }
  plan.kind = PLAN_REDIRECTED;
  plan.argv = allocate(((size_t)count + 5) * sizeof *plan.argv);
  char **to = plan.argv;
  for (int index = 0; index < at; index++) *to++ = planning->command[index];
  for (int index = 0; index < added; index++) *to++ = (char *)edit->with[index];
  for (int index = at + (int)edit->replaced; index < count; index++) *to++ = planning->command[index];
  *to = NULL;
  return plan;
}

static struct plan plan_archive(const struct planning *planning, int archive) {
  if (archive < 0) return unchanged(planning, "it changes no archive, or more than one");
  const char *target = planning->words.items[archive].text;
  if (!is_file_name(target)) return unchanged(planning, "its output is no file");
  if (planning->opaque) return opaque(planning, target);
  const char *temporary = beside_name(planning, target);
  struct edit edit = {.index = (size_t)archive, .replaced = 1, .with = {temporary}};
  return redirected(planning, &edit, (struct plan){.target = target, .temporary = temporary, .seeded = true});
}

/** What gcc and clang call the output of one source: in the current directory, with another ending. Null if not so. */
static const char *unnamed_output(const struct compiler_command *line) {
  if (line->mode == MODE_LINK || line->source_count != 1 || line->header || line->emits_other) return NULL;
  const char *name = name_of(line->source);
  const char *dot = strrchr(name, '.');
  if (dot == name || name[0] == '\0' || strcmp(name, "-") == 0) return NULL;
  const char *stem = dot == NULL ? name : copy_of(name, (size_t)(dot - name));
  return joined(stem, line->mode == MODE_ASSEMBLY ? ".s" : ".o", NULL);
}

/** Without `-o`, the dependency file of a.c speaks of a.o even when a.s is made. */
static const char *as_object(const char *target) {
  size_t length = strlen(target);
  if (length < 2 || strcmp(target + length - 2, ".s") != 0) return target;
  return joined(copy_of(target, length - 1), "o", NULL);
}

/** Why the output cannot get another name for a while, if so: other files depend on the name, or name it. */
static const char *why_only_locked(const struct compiler_command *line, const struct tool *tool, const char *target) {
  if (tool->kind == TOOL_NVCC) return "nvcc names its intermediate files after the output";
  if (tool->kind == TOOL_LIBTOOL || line->libtool) return "libtool writes several files";
  if (line->output_in_other_file) return "another file that it writes names the output";
  if (line->recorded && tool->family != FAMILY_GCC) return "it records its command line in the output";
  if (line->dependencies == DEPENDENCIES_PREPROCESSOR && tool->family == FAMILY_UNKNOWN && !line->names_dependent) {
    return "gcc and clang differ in what -Wp,-MD names, and which one this is cannot be seen";
  }
  if (tool->cached && line->hashed_with_name) return "the cache would never hit with another name";
  if (line->mode != MODE_LINK || line->header) return NULL;
  if (line->emits_other) return "it writes a module";
  if (tool->windows || line->own_name || has_meaningful_ending(target)) return "its output depends on the name";
  if (line->output_in_linker_file) return "another file that the linker writes names the output";
  if (line->side_outputs && (line->source_count > 0 || line->lto)) return "it writes files named after the output";
  if (line->dependencies != DEPENDENCIES_NONE && line->source_count > 0) {
    return "it writes a dependency file for the output";
  }
  return NULL;
}

/** Whether the dependency file would name the temporary as what depends. */
static bool names_no_dependent(const struct compiler_command *line, const struct tool *tool) {
  if (line->names_dependent || (line->mode == MODE_LINK && !line->header)) return false;
  if (line->dependencies == DEPENDENCIES_DRIVER) return true;
  // Clang makes -MD -MF of -Wp,-MD; the preprocessor of gcc knows no output and names the source with .o.
  return line->dependencies == DEPENDENCIES_PREPROCESSOR && tool->family == FAMILY_CLANG;
}

/** Whether names of other files are made of the output's. */
static bool derives_names(const struct planning *planning, const struct compiler_command *line) {
  if (line->side_outputs) return true;
  if (line->dependencies == DEPENDENCIES_NONE) return false;
  for (size_t index = 0; index < planning->words.count; index++) {
    if (begins(planning->words.items[index].text, "-MF")) return false;
  }
  return true;
}

static bool is_input(const struct compiler_command *line, const char *target) {
  for (size_t index = 0; index < line->positionals.count; index++) {
    if (is_same_path(line->positionals.items[index].text, target)) return true;
  }
  return false;
}

static struct plan plan_compiler(const struct planning *planning) {
  const struct tool *tool = &planning->tool;
  struct compiler_command line = read_compiler_command(&planning->words, tool->kind == TOOL_LINKER);
  if (line.mode == MODE_QUIET) return unchanged(planning, "it writes no object, library or program");
  bool named = line.output != NULL;
  const char *target = named ? line.output : planning->opaque ? NULL : unnamed_output(&line);
  if (target == NULL) return unchanged(planning, "it names no output");
  if (!is_file_name(target)) return unchanged(planning, "its output is no file");
  if (is_input(&line, target)) return unchanged(planning, "its output is one of its inputs");
  bool single = line.mode != MODE_LINK;
  if (single && line.source_count > 1) return unchanged(planning, "it has several outputs");
  if (planning->opaque) return opaque(planning, target);
  const char *why = why_only_locked(&line, tool, target);
  if (why != NULL) return locked(planning, target, why);

  const char *temporary = single || line.header ? beside_stem(planning, target, derives_names(planning, &line))
                                                : beside_name(planning, target);
  if (temporary == NULL) {
    bool bare = strrchr(name_of(target), '.') == name_of(target);
    const char *too_long = "the name of its output is too long for a temporary that other files are named after";
    return locked(planning, target, bare ? "the name of its output is nothing but an ending" : too_long);
  }
  struct edit edit = {.index = line.end_of_options};
  int next = 0;
  if (named) {
    edit.index = line.output_argument;
    edit.replaced = 1;
    edit.with[next++] = joined(line.output_prefix, temporary, NULL);
  } else {
    edit.with[next++] = "-o";
    edit.with[next++] = temporary;
  }
  if (names_no_dependent(&line, tool)) {
    edit.with[next++] = "-MQ";
    edit.with[next++] = named ? target : as_object(target);
  }
  return redirected(planning, &edit, (struct plan){.target = target, .temporary = temporary});
}

struct plan plan_compile(char **command, const char *target, const char *pid, const char *random) {
  struct planning planning = {.command = command, .pid = pid, .random = random};
  const char *temporary = beside_name(&planning, target);
  struct edit edit = {.index = planning.words.count, .with = {"-o", temporary}};
  return redirected(&planning, &edit, (struct plan){.target = target, .temporary = temporary});
}

struct plan plan_launch(char **command, const char *pid, const char *random) {
  struct planning planning = {.command = command, .pid = pid, .random = random};
  if (!find_tool(command, &planning.tool)) return unchanged(&planning, "it names no compiler");
  planning.opaque = !expand(command, planning.tool.at + 1, &planning.words);
  switch (planning.tool.kind) {
    case TOOL_ARCHIVER:
      return plan_archive(&planning, changed_archive(&planning.words));
    case TOOL_INDEXER:
      return plan_archive(&planning, indexed_archive(&planning.words));
    default:
      return plan_compiler(&planning);
  }
}

struct plan plan_link(char **command, const char *target, const char *pid, const char *random) {
  struct plan plan = plan_launch(command, pid, random);
  if (plan.kind == PLAN_TYPESCRIPT) return plan;
  if (plan.kind == PLAN_UNCHANGED) {
    plan.kind = PLAN_LOCKED;
  } else if (!is_same_path(plan.target, target)) {
    plan = (struct plan){.kind = PLAN_LOCKED, .argv = command, .reason = "its output is another file"};
  }
  plan.target = target;
  return plan;
}
