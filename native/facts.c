#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mounts.h"
#include "path.h"
#include "report.h"

static const char FIRST[] = "stagelock made once 1\n", LAST[] = "\nend\n";

struct identity_of_file identity_of(const struct stat *found) {
  return (struct identity_of_file){found->st_dev, found->st_ino, (unsigned long long)found->st_size,
                                   nanoseconds(found->st_mtim), nanoseconds(found->st_ctim)};
}

struct identity_of_file identify(const char *path) {
  struct stat found;
  if (lstat(path, &found) != 0 || !S_ISREG(found.st_mode)) return (struct identity_of_file){0};
  return identity_of(&found);
}

bool is_same_file(const struct identity_of_file *one, const struct identity_of_file *other) {
  return one->device == other->device && one->inode == other->inode && one->size == other->size &&
         one->modified == other->modified && one->changed == other->changed;
}

static void add_directories_of(struct words *directories, const struct words *paths) {
  const char *last = "";
  for (size_t word = 0; word < paths->count; word++) {
    char *directory = directory_of(paths->items[word].text);
    if (strcmp(directory, last) != 0) add_word(directories, directory, -1);
    last = directory;
  }
}

bool digest_mounts(const struct facts *facts, const struct buffer *mounts, char digest[SHA256_TEXT]) {
  struct words directories = {0};
  const struct probe *probe = &facts->probe;
  for (size_t word = 0; word < probe->directories.count; word++)
    add_word(&directories, probe->directories.items[word].text, -1);
  for (size_t word = 0; word < probe->quote_directories.count; word++) {
    add_word(&directories, probe->quote_directories.items[word].text, -1);
  }
  add_directories_of(&directories, &facts->inputs);
  add_directories_of(&directories, &probe->programs);
  add_directories_of(&directories, &probe->absent);
  struct buffer there = {0};
  if (!add_mounts(&there, mounts, &directories)) return false;
  sha256_text(there.bytes, there.length, digest);
  return true;
}

bool add_facts(struct buffer *buffer, const struct facts *facts) {
  add_texts(buffer, FIRST, "recipe ", facts->recipe, "\nmounts ", facts->mounts, "\n",
            text("began %lld %lld %lld\n", facts->began, facts->ahead, facts->took_ms), NULL);
  for (size_t file = 0; file < facts->file_count; file++) {
    const struct identity_of_file *is = &facts->files[file];
    add_texts(buffer,
              text("file %llu %llu %llu %lld %lld\n", is->device, is->inode, is->size, is->modified, is->changed),
              NULL);
  }
  if (!add_list(buffer, "input ", &facts->inputs) || !add_list(buffer, "asked ", &facts->asked)) return false;
  if (!add_probe(buffer, &facts->probe)) return false;
  add_texts(buffer, text("messages %zu\n", facts->message_length), NULL);
  add_bytes(buffer, facts->messages, facts->message_length);
  add_texts(buffer, LAST, NULL);
  return buffer->length <= MOST_FACTS;
}

/** The numbers of a line, separated by single blanks. False where it is not exactly these. */
static bool read_numbers(const char *at, long long *numbers, size_t count) {
  for (size_t number = 0; number < count; number++) {
    char *end;
    numbers[number] = (long long)strtoull(at, &end, 10);
    if (at[0] == '-') numbers[number] = strtoll(at, &end, 10);
    if (end == at || *end != (number + 1 == count ? '\0' : ' ')) return false;
    at = end + 1;
  }
  return true;
}

static bool read_line(char *line, struct facts *facts) {
  long long numbers[5];
  if (begins(line, "recipe ") && strlen(line) == 7 + SHA256_TEXT - 1) {
    memcpy(facts->recipe, line + 7, SHA256_TEXT);
  } else if (begins(line, "mounts ") && strlen(line) == 7 + SHA256_TEXT - 1) {
    memcpy(facts->mounts, line + 7, SHA256_TEXT);
  } else if (begins(line, "began ") && read_numbers(line + 6, numbers, 3)) {
    facts->began = numbers[0];
    facts->ahead = numbers[1];
    facts->took_ms = numbers[2];
  } else if (begins(line, "file ") && facts->file_count < MOST_FILES && read_numbers(line + 5, numbers, 5)) {
    facts->files[facts->file_count++] = (struct identity_of_file){
        (unsigned long long)numbers[0], (unsigned long long)numbers[1], (unsigned long long)numbers[2], numbers[3],
        numbers[4]};
  } else if (begins(line, "input ") && line[6] != '\0') {
    add_word(&facts->inputs, line + 6, -1);
  } else if (begins(line, "asked ") && strlen(line) > 8) {
    add_word(&facts->asked, line + 6, -1);
  } else {
    return read_probe_line(line, &facts->probe);
  }
  return true;
}

bool read_facts(char *text, size_t length, struct facts *facts) {
  *facts = (struct facts){0};
  size_t last = sizeof LAST - 1;
  const char *stop = text + length;
  if (length < last || memcmp(stop - last, LAST, last) != 0 || !begins(text, FIRST)) return false;
  for (char *line = text + sizeof FIRST - 1, *end; (end = memchr(line, '\n', (size_t)(stop - line))) != NULL;
       line = end + 1) {
    *end = '\0';
    if (strlen(line) != (size_t)(end - line)) return false;
    long long messages;
    if (begins(line, "messages ")) {
      if (!read_numbers(line + 9, &messages, 1) || messages < 0 || messages > stop - end) return false;
      facts->messages = end + 1;
      facts->message_length = (size_t)messages;
      bool whole = facts->messages + messages + last == stop;
      return whole && facts->recipe[0] != '\0' && facts->began > 0 && facts->file_count > 0 && facts->inputs.count > 0;
    }
    if (!read_line(line, facts)) return false;
  }
  return false;
}
