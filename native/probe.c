#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "path.h"
#include "program.h"

/** What begins with a word, if it does. */
static char *behind(char *line, const char *beginning) {
  return begins(line, beginning) ? line + strlen(beginning) : NULL;
}

static char *quoted(char *text) {
  char *end = text[0] == '"' ? strchr(text + 1, '"') : NULL;
  return end == NULL ? NULL : copy_of(text + 1, (size_t)(end - text - 1));
}

/** The first word of a command as compilers show it, absolute. */
static char *program_of(char *line) {
  while (*line == ' ') line++;
  char *name = line[0] == '"' ? quoted(line) : copy_of(line, strcspn(line, " "));
  return name != NULL && name[0] == '/' ? name : NULL;
}

/** A path in a directory; no file has the second name, so that it says whether anything came into it. */
static void add_absent(struct probe *probe, const char *directory, const char *name) {
  add_word(&probe->absent, joined(absolute(directory), "/", name, NULL), -1);
}

static const char ANYTHING[] = ".stagelock-none";

/** For clang, which takes the newest of the gccs that it finds. */
static void add_candidate(struct probe *probe, const char *installation) {
  const char *slash = strrchr(installation, '/');
  if (slash != NULL) add_absent(probe, copy_of(installation, (size_t)(slash - installation)), ANYTHING);
}

/** Where gcc looks for the assembler before it looks on the PATH. */
static void add_compiler_path(struct probe *probe, const char *path) {
  for (const char *at = path; *at != '\0'; at += *at == ':') {
    size_t length = strcspn(at, ":"), name = length;
    while (name > 1 && at[name - 1] == '/') name--;
    if (name > 0) add_absent(probe, copy_of(at, name), "as");
    at += length;
  }
}

static void remove_word(struct words *words, const char *text) {
  size_t kept = 0;
  for (size_t word = 0; word < words->count; word++) {
    if (strcmp(words->items[word].text, text) != 0) words->items[kept++] = words->items[word];
  }
  words->count = kept;
}

enum list { NO_LIST, QUOTE_LIST, LIST };

/** Reads what `-E -v` says. @param real the compiler proper, or null until it is named */
static bool read_verbose(char *text, struct probe *probe, char **proper, bool *clang) {
  bool known = false, listed = false;
  enum list list = NO_LIST;
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char *rest;
    if (begins(line, "Reading specs from") || begins(line, "Configuration file")) return false;
    // A file in the place of a directory is not among those listed; clang reads it.
    if (strstr(line, "not a directory") != NULL || strstr(line, " (headermap)") != NULL) return false;
    if (strstr(line, " (framework directory)") != NULL) return false;
    if (begins(line, "gcc version ")) known = true;
    if (strstr(line, "clang version ") != NULL) known = *clang = true;
    if (begins(line, "#include \"...\"")) list = QUOTE_LIST;
    else if (begins(line, "#include <...>")) list = LIST, listed = true;
    else if (begins(line, "End of search list")) list = NO_LIST;
    else if (list != NO_LIST && line[0] == ' ') {
      add_word(list == LIST ? &probe->directories : &probe->quote_directories, copy_of(line + 1, strlen(line + 1)), -1);
    } else if ((rest = behind(line, "ignoring nonexistent directory ")) != NULL ||
               (rest = behind(line, "ignoring duplicate directory ")) != NULL) {
      if ((rest = quoted(rest)) == NULL) return false;
      add_word(&probe->directories, rest, -1);
    } else if ((rest = behind(line, "Found candidate GCC installation: ")) != NULL) {
      add_candidate(probe, rest);
    } else if ((rest = behind(line, "COMPILER_PATH=")) != NULL) {
      add_compiler_path(probe, rest);
    } else if (line[0] == ' ' && *proper == NULL && strstr(line, " -E ") != NULL) {
      *proper = program_of(line);
    }
  }
  return known && listed && *proper != NULL;
}

static bool ask_search(const struct recipe *recipe, struct probe *probe, char **proper, bool *clang) {
  enum { MOST = 512 };
  char *arguments[MOST];
  size_t count = 0;
  if (recipe->searching.count + 8 > MOST) return false;
  for (size_t word = 0; word < recipe->searching.count; word++) arguments[count++] = recipe->searching.items[word].text;
  char *const more[] = {"-E", "-v", "-x", (char *)recipe->language, "/dev/null", NULL};
  memcpy(arguments + count, more, sizeof more);
  struct buffer answer = {0};
  struct question question = {recipe->program, arguments, "LC_ALL=C", true};
  return ask_program(&question, &answer) && read_verbose(answer.bytes, probe, proper, clang);
}

/** Which assembler gcc starts. */
static char *ask_assembler(const struct recipe *recipe, struct probe *probe) {
  char *arguments[] = {recipe->searching.items[0].text, "-print-prog-name=as", NULL};
  struct buffer answer = {0};
  struct question question = {recipe->program, arguments, "LC_ALL=C", false};
  if (!ask_program(&question, &answer)) return NULL;
  answer.bytes[strcspn(answer.bytes, "\n")] = '\0';
  return find_program(answer.bytes, &probe->absent);
}

/** The libraries that the dynamic linker gives a program, and itself. */
static bool add_libraries(struct probe *probe, const char *program) {
  char *arguments[] = {(char *)program, NULL};
  struct buffer answer = {0};
  struct question question = {program, arguments, "LD_TRACE_LOADED_OBJECTS=1", false};
  if (!ask_program(&question, &answer)) return false;
  for (char *line = strtok(answer.bytes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char *path = strchr(line, '/'), *end = strstr(line, " (0x");
    if (path != NULL && end != NULL && path < end) add_word(&probe->programs, copy_of(path, (size_t)(end - path)), -1);
  }
  return true;
}

static bool add_program(struct probe *probe, const char *path) {
  if (path == NULL || !is_binary(path)) return false;
  add_word(&probe->programs, copy_of(path, strlen(path)), -1);
  return add_libraries(probe, path);
}

bool probe_compiler(const struct recipe *recipe, struct probe *probe) {
  *probe = (struct probe){0};
  char *proper = NULL;
  bool clang = false;
  if (!ask_search(recipe, probe, &proper, &clang) || !add_program(probe, recipe->program)) return false;
  if (clang) {
    // It is the compiler itself; configuration files of its own stand beside it.
    const char *real = realpath(recipe->program, NULL);
    if (real == NULL) return false;
    add_absent(probe, copy_of(real, (size_t)(name_of(real) - real)), ANYTHING);
    return true;
  }
  char *assembler = ask_assembler(recipe, probe);
  if (assembler == NULL || !add_program(probe, proper) || !add_program(probe, assembler)) return false;
  remove_word(&probe->absent, assembler);
  add_absent(probe, copy_of(proper, (size_t)(name_of(proper) - proper)), "specs");
  return true;
}

bool add_list(struct buffer *lines, const char *name, const struct words *words) {
  for (size_t word = 0; word < words->count; word++) {
    if (strchr(words->items[word].text, '\n') != NULL) return false;
    add_texts(lines, name, words->items[word].text, "\n", NULL);
  }
  return true;
}

bool add_probe(struct buffer *lines, const struct probe *probe) {
  return add_list(lines, "directory ", &probe->directories) && add_list(lines, "quote ", &probe->quote_directories) &&
         add_list(lines, "program ", &probe->programs) && add_list(lines, "absent ", &probe->absent);
}

bool read_probe_line(char *line, struct probe *probe) {
  const struct {
    const char *name;
    struct words *words;
  } lists[] = {
      {"directory ", &probe->directories},
      {"quote ", &probe->quote_directories},
      {"program ", &probe->programs},
      {"absent ", &probe->absent},
  };
  for (size_t list = 0; list < sizeof lists / sizeof *lists; list++) {
    char *rest = behind(line, lists[list].name);
    if (rest == NULL) continue;
    if (rest[0] == '\0') return false;
    add_word(lists[list].words, rest, -1);
    return true;
  }
  return false;
}

const char *why_other_compiler(const struct probe *probe, file_moment before) {
  for (size_t word = 0; word < probe->programs.count; word++) {
    const char *path = probe->programs.items[word].text;
    struct found found = follow(path, before);
    if (found.kind != FOUND_FILE || !found.settled) return joined(path, " has changed", NULL);
  }
  for (size_t word = 0; word < probe->absent.count; word++) {
    const char *path = probe->absent.items[word].text;
    struct found found = follow(path, before);
    if (found.kind == FOUND_ABSENT && found.settled) continue;
    // A directory that is not there: who would make it and all that is in it, and remove it again?
    bool nowhere = found.kind == FOUND_ABSENT && follow(directory_of(path), before).kind == FOUND_ABSENT;
    if (!nowhere) return joined(path, " may have been there", NULL);
  }
  return NULL;
}
