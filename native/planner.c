#include "planner.h"

#include <string.h>

#include "archive_command.h"
#include "compiler_command.h"
#include "compiler_options.h"
#include "lock_name.h"
#include "response_file.h"
#include "sides.h"
#include "tables/locks.h"
#include "tables/messages.h"
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
  /** Whatever its name, its -o names its output. */
  bool trusted;
};

static struct plan unchanged(const struct planning *planning, const char *reason) {
  return (struct plan){.kind = PLAN_UNCHANGED, .argv = planning->command, .reason = reason};
}

static struct plan locked(const struct planning *planning, const char *target, const char *reason) {
  return (struct plan){.kind = PLAN_LOCKED, .argv = planning->command, .target = target, .reason = reason};
}

static struct plan opaque(const struct planning *planning, const char *target) {
  return locked(planning, target, SAYS_OPAQUE_RESPONSE_FILE);
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
 * and the like after what stands before the ending.
 *
 * @param derives whether it writes such files. If not, any name will do where this one is too long; else null
 */
static const char *beside_stem(const struct planning *planning, const char *target, bool derives) {
  const char *path = joined(stem_of(target), ".tmp-", planning->pid, "-", planning->random, NULL);
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

enum { MOST_WORDS = 32, MOST_EDITS = 2 };

/** The arguments that replace one, or stand before it. */
struct edit {
  size_t index, replaced;
  const char *with[MOST_WORDS];
  size_t count;
};

/** All that is to be changed in a command, in no order. */
struct edits {
  struct edit items[MOST_EDITS];
  size_t count;
};

static void add(struct edit *edit, const char *word) {
  if (edit->count < MOST_WORDS) edit->with[edit->count++] = word;
}

static void add_edit(struct edits *edits, size_t index, const char *word) {
  edits->items[edits->count++] = (struct edit){.index = index, .replaced = 1, .with = {word}, .count = 1};
}

static const struct edit *edit_at(const struct edits *edits, const struct planning *planning, int at, int end) {
  for (const struct edit *edit = edits->items; edit < edits->items + edits->count; edit++) {
    int where = edit->index == planning->words.count ? end : planning->words.items[edit->index].at;
    if (where == at) return edit;
  }
  return NULL;
}

/**
 * The plan to run the command so edited. Response files stay as they are, unless an argument stands in one, which is for
 * TypeScript.
 */
static struct plan redirected(const struct planning *planning, const struct edits *edits, struct plan plan) {
  int count = 0;
  while (planning->command[count] != NULL) count++;
  if (edit_at(edits, planning, -1, count) != NULL) {
    const char *reason = "this command has its output in a response file";
    return (struct plan){.kind = PLAN_TYPESCRIPT, .argv = planning->command, .reason = reason};
  }
  plan.kind = PLAN_REDIRECTED;
  plan.argv = allocate(((size_t)count + MOST_EDITS * MOST_WORDS + 1) * sizeof *plan.argv);
  char **to = plan.argv;
  for (int index = 0; index <= count; index++) {
    const struct edit *edit = edit_at(edits, planning, index, count);
    for (size_t word = 0; edit != NULL && word < edit->count; word++) *to++ = (char *)edit->with[word];
    if (index < count && (edit == NULL || edit->replaced == 0)) *to++ = planning->command[index];
  }
  *to = NULL;
  return plan;
}

static struct plan plan_archive(const struct planning *planning, int archive) {
  if (archive < 0) return unchanged(planning, SAYS_CHANGES_NO_ARCHIVE);
  const char *target = planning->words.items[archive].text;
  if (!is_file_name(target)) return unchanged(planning, SAYS_OUTPUT_IS_NO_FILE);
  if (planning->opaque) return opaque(planning, target);
  const char *temporary = beside_name(planning, target);
  struct edits edits = {0};
  add_edit(&edits, (size_t)archive, temporary);
  return redirected(planning, &edits,
                    (struct plan){.target = target, .temporary = temporary, .seeded = true, .says_name = true});
}

/** What gcc and clang call the output of one source: in the current directory, with another ending. Null if not so. */
static const char *unnamed_output(const struct compiler_command *line) {
  if (line->mode == MODE_LINK || line->sources.count != 1 || line->header || line->emits_other) return NULL;
  const char *name = name_of(line->sources.items[0].text);
  const char *stem = stem_of(name);
  if (stem == NULL || name[0] == '\0' || strcmp(name, "-") == 0) return NULL;
  return joined(stem, line->mode == MODE_ASSEMBLY ? ".s" : ".o", NULL);
}

/** Without `-o`, the dependency file of a.c speaks of a.o even when a.s is made. */
static const char *as_object(const char *target) {
  size_t length = strlen(target);
  if (length < 2 || strcmp(target + length - 2, ".s") != 0) return target;
  return joined(copy_of(target, length - 1), "o", NULL);
}

/** Whether all that gcc writes beside the product can come into a directory of its own together with it. */
static bool comes_in_directory(const struct compiler_command *line, const struct tool *tool) {
  if (tool->family != FAMILY_GCC || line->names_sides || (line->lto && line->sides[SIDE_INTERMEDIATE])) return false;
  bool any = false;
  for (int kind = 0; kind < SIDE_KINDS; kind++) {
    if (line->sides[kind] && side_files[kind].gcc != GCC_DIRECTORY) return false;
    any = any || line->sides[kind];
  }
  return any;
}

/** Why the output cannot get another name for a while, if so: other files depend on the name, or name it. */
static const char *why_only_locked(const struct compiler_command *line, const struct tool *tool, const char *target) {
  if (tool->kind == TOOL_NVCC) return SAYS_NVCC_NAMES;
  if (tool->kind == TOOL_LIBTOOL || line->libtool) return SAYS_LIBTOOL_WRITES_SEVERAL;
  if (line->output_in_other_file) return SAYS_OTHER_FILE_NAMES_OUTPUT;
  if (line->recorded && tool->family != FAMILY_GCC) return SAYS_RECORDS_COMMAND_LINE;
  if (line->configured && tool->family != FAMILY_GCC) return SAYS_CONFIGURATION_FILE;
  bool alone = !line->sides[SIDE_INTERMEDIATE] && !line->sides[SIDE_DWO];
  if (line->sides[SIDE_DWO_INSIDE] && (tool->family != FAMILY_CLANG || !alone)) {
    return SAYS_RECORDS_OUTPUT_NAME;
  }
  if (line->dependencies == DEPENDENCIES_PREPROCESSOR && tool->family == FAMILY_UNKNOWN && !line->names_dependent) {
    return SAYS_UNCLEAR_PREPROCESSOR;
  }
  if (tool->cached && line->hashed_with_name) return SAYS_CACHE_NEVER_HITS;
  if (line->mode != MODE_LINK) return NULL;
  // Without -c, gcc calls them as those of a link.
  if (line->header) {
    bool derives = line->side_outputs && tool->family != FAMILY_CLANG && !comes_in_directory(line, tool);
    return derives ? SAYS_NAMED_AFTER_OUTPUT : NULL;
  }
  if (line->emits_other) return SAYS_WRITES_MODULE;
  if (tool->windows || line->own_name || has_meaningful_ending(target)) return SAYS_DEPENDS_ON_NAME;
  if (line->output_in_linker_file) return SAYS_LINKER_FILE_NAMES_OUTPUT;
  if (line->side_outputs && (line->sources.count > 0 || line->lto)) return SAYS_NAMED_AFTER_OUTPUT;
  if (line->dependencies != DEPENDENCIES_NONE && line->sources.count > 0) {
    return SAYS_WRITES_DEPENDENCIES;
  }
  return NULL;
}

/** Whether the driver has a dependency file written: clang makes -MD -MF of -Wp,-MD. */
static bool drives_dependencies(const struct compiler_command *line, const struct tool *tool) {
  // Nothing preprocessed, nothing written, and clang warns of every further option about it.
  if (line->sources.count > 0 && !line->preprocessed) return false;
  if (line->dependencies == DEPENDENCIES_DRIVER) return true;
  return line->dependencies == DEPENDENCIES_PREPROCESSOR && tool->family == FAMILY_CLANG;
}

/** Whether names of other files, which cannot be given otherwise, are made of the output's. */
static bool derives_names(const struct compiler_command *line) {
  return line->side_outputs || line->names_sides || line->dependency_file.ambiguous;
}

/** The dependency file under another name, and in it the name of the target. */
static void redirect_dependencies(const struct planning *planning, const struct compiler_command *line,
                                  const char *target, const char *dependent, struct edits *edits, struct plan *plan) {
  const struct tool *tool = &planning->tool;
  const struct dependency_file *file = &line->dependency_file;
  bool driven = drives_dependencies(line, tool);
  if (driven && !line->names_dependent) {
    add(&edits->items[0], "-MQ");
    add(&edits->items[0], dependent);
  }
  bool passed = line->dependencies == DEPENDENCIES_PREPROCESSOR;
  if (!driven && (!passed || !line->preprocessed)) return;
  // Clang forgets the file when anything follows it.
  bool more = file->path != NULL && file->suffix[0] != '\0';
  const char *path = passed && driven && more ? NULL : file->path;
  if (path == NULL) {
    const char *stem = stem_of(target);
    if (file->ambiguous || line->names_sides || stem == NULL) return;
    const char *own = joined(stem, ".d", NULL), *temporary = beside_name(planning, own);
    add(&edits->items[0], "-MF");
    add(&edits->items[0], temporary);
    add_dependencies(plan, temporary, own);
    return;
  }
  // A cache takes everything in -Wp, for a part of what it compiles, but for the file alone.
  bool fixed = file->ambiguous || !is_file_name(path) || (passed && more && tool->cached);
  if (fixed) {
    add_dependencies(plan, NULL, path);
    return;
  }
  const char *temporary = beside_name(planning, path);
  add_edit(edits, file->argument, joined(file->prefix, temporary, file->suffix, NULL));
  add_dependencies(plan, temporary, path);
}

/** By options of `clang -cc1`, the last of which counts. */
static void redirect_by_clang(const struct planning *planning, const char *target, enum side_kind kind,
                              struct edit *edit, struct plan *plan) {
  const struct side_file *file = &side_files[kind];
  const char *own = joined(stem_of(target), ".", file->endings[0], NULL), *temporary = beside_name(planning, own);
  add(edit, "-Xclang");
  if (file->clang[strlen(file->clang) - 1] == '=') {
    add(edit, joined(file->clang, temporary, NULL));
  } else {
    add(edit, file->clang);
    add(edit, "-Xclang");
    add(edit, temporary);
  }
  add_side(plan, (struct side){.temporary = temporary, .target = own, .empty_is_none = file->empty_is_none});
}

/** Gcc lets a program start all that it starts itself: a shell that gives objcopy another file to write. */
static void redirect_objcopy(const struct planning *planning, const char *target, struct edit *edit,
                             struct plan *plan) {
  const char *own = joined(stem_of(target), ".dwo", NULL), *temporary = beside_name(planning, own);
  if (strchr(temporary, ',') != NULL) {
    add_side(plan, (struct side){.target = own});
    return;
  }
  add(edit, "-wrapper");
  add(edit, joined("/bin/sh,-c," OTHER_FILE_SCRIPT ",", temporary, NULL));
  add_side(plan, (struct side){.temporary = temporary, .target = own});
}

/** What stands beside the product. What cannot be redirected without other bytes is written in place. */
static void redirect_sides(const struct planning *planning, const struct compiler_command *line, const char *target,
                           struct edit *edit, struct plan *plan) {
  const struct tool *tool = &planning->tool;
  bool by_clang = tool->family == FAMILY_CLANG && line->preprocessed && !line->assembly && !tool->cached &&
                  !line->names_sides && !line->compiles_repeatedly;
  bool by_objcopy = tool->family == FAMILY_GCC && !tool->cached && !tool->distributed && !line->wrapped &&
                    !line->names_sides;
  for (enum side_kind kind = 0; kind < SIDE_KINDS; kind++) {
    if (!line->sides[kind]) continue;
    if (kind == SIDE_DWO_INSIDE) {
      add(edit, "-Xclang"), add(edit, "-split-dwarf-file"), add(edit, "-Xclang"), add(edit, target);
    } else if (by_clang && side_files[kind].clang != NULL && (kind != SIDE_DWO || line->debug)) {
      redirect_by_clang(planning, target, kind, edit, plan);
    } else if (by_objcopy && side_files[kind].gcc == GCC_OBJCOPY) {
      redirect_objcopy(planning, target, edit, plan);
    } else {
      add_in_place(plan, target, kind);
    }
  }
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
  if (line.mode == MODE_QUIET) return unchanged(planning, SAYS_WRITES_NO_PRODUCT);
  bool named = line.output != NULL;
  const char *target = named ? line.output : planning->opaque ? NULL : unnamed_output(&line);
  if (target == NULL) return unchanged(planning, SAYS_NAMES_NO_OUTPUT);
  if (!is_file_name(target)) return unchanged(planning, SAYS_OUTPUT_IS_NO_FILE);
  if (is_input(&line, target)) return unchanged(planning, SAYS_OUTPUT_IS_INPUT);
  bool single = line.mode != MODE_LINK;
  if (single && line.sources.count > 1) return unchanged(planning, SAYS_SEVERAL_OUTPUTS);
  // What only calls its output -o, as generators do, may name the output in it, or derive other names from it.
  if (!tool->known && !planning->trusted && !(single && line.sources.count == 1 && named)) {
    return locked(planning, target, SAYS_UNKNOWN_COMPILER);
  }
  if (planning->opaque) return opaque(planning, target);
  const char *why = why_only_locked(&line, tool, target);
  if (why != NULL) {
    struct plan plan = locked(planning, target, why);
    add_sides_in_place(&plan, &line, tool->family == FAMILY_GCC);
    return plan;
  }

  bool stemmed = single || line.header;
  struct plan plan = {.target = target, .says_name = !stemmed};
  if (stem_of(target) == NULL && stemmed) return locked(planning, target, SAYS_BARE_ENDING);
  if (stemmed && comes_in_directory(&line, tool)) {
    plan.directory = beside_name(planning, target);
    plan.temporary = joined(plan.directory, "/", name_of(target), NULL);
  } else {
    plan.temporary = stemmed ? beside_stem(planning, target, derives_names(&line)) : beside_name(planning, target);
  }
  if (plan.temporary == NULL) {
    const char *reason = SAYS_STEM_TOO_LONG;
    return locked(planning, target, reason);
  }
  struct edits edits = {.items = {{.index = named ? line.output_argument : line.end_of_options, .replaced = named}},
                        .count = 1};
  if (!named) add(&edits.items[0], "-o");
  add(&edits.items[0], named ? joined(line.output_prefix, plan.temporary, NULL) : plan.temporary);
  if (stemmed) {
    redirect_dependencies(planning, &line, target, named ? target : as_object(target), &edits, &plan);
    if (plan.directory == NULL) redirect_sides(planning, &line, target, &edits.items[0], &plan);
  }
  add_named_outputs(&plan, &line);
  return redirected(planning, &edits, plan);
}

static struct plan plan_command(struct planning *planning) {
  char **command = planning->command;
  if (!find_tool(command, &planning->tool)) return unchanged(planning, SAYS_NAMES_NO_COMPILER);
  planning->opaque = !expand(command, planning->tool.at + 1, &planning->words);
  switch (planning->tool.kind) {
    case TOOL_ARCHIVER:
      return plan_archive(planning, changed_archive(&planning->words));
    case TOOL_INDEXER:
      return plan_archive(planning, indexed_archive(&planning->words));
    default:
      return plan_compiler(planning);
  }
}

struct plan plan_launch(char **command, const char *pid, const char *random) {
  struct planning planning = {.command = command, .pid = pid, .random = random};
  return plan_command(&planning);
}

char **with_output(char **command, const char *output) {
  size_t count = 0;
  while (command[count] != NULL) count++;
  char **longer = allocate((count + 3) * sizeof *longer);
  memcpy(longer, command, count * sizeof *longer);
  longer[count] = "-o";
  longer[count + 1] = (char *)output;
  longer[count + 2] = NULL;
  return longer;
}

struct plan plan_compile(char **command, const char *target, const char *pid, const char *random) {
  struct plan launch = plan_launch(with_output(command, as_operand(target)), pid, random);
  bool writes_more = launch.kind == PLAN_REDIRECTED && (launch.side_count > 0 || launch.directory != NULL);
  if (writes_more || launch.kind == PLAN_TYPESCRIPT) {
    launch.target = target;
    return launch;
  }
  struct planning planning = {.command = command, .pid = pid, .random = random};
  const char *temporary = beside_name(&planning, target);
  struct edits edits = {.items = {{.index = planning.words.count, .with = {"-o", temporary}, .count = 2}}, .count = 1};
  return redirected(&planning, &edits, (struct plan){.target = target, .temporary = temporary});
}

struct plan plan_link(char **command, const char *target, const char *pid, const char *random) {
  struct planning planning = {.command = command, .pid = pid, .random = random, .trusted = true};
  struct plan plan = plan_command(&planning);
  if (plan.kind == PLAN_TYPESCRIPT) return plan;
  if (plan.kind == PLAN_UNCHANGED) {
    plan.kind = PLAN_LOCKED;
  } else if (!is_same_path(plan.target, target)) {
    plan = (struct plan){.kind = PLAN_LOCKED, .argv = command, .reason = SAYS_OUTPUT_IS_ANOTHER};
  }
  plan.target = target;
  return plan;
}
