#include "side_files.h"

#include "words.h"

const struct side_file side_files[SIDE_KINDS] = {
  [SIDE_STACK_USAGE] = {.endings = {"su"}, .clang = "-stack-usage-file", .gcc = GCC_DIRECTORY},
  [SIDE_CALLGRAPH] = {.endings = {"ci"}, .gcc = GCC_DIRECTORY},
  [SIDE_NOTES] = {.endings = {"gcno"}, .clang = "-coverage-notes-file="},
  [SIDE_DWO] = {.endings = {"dwo"}, .clang = "-split-dwarf-output", .gcc = GCC_OBJCOPY, .empty_is_none = true},
  [SIDE_INTERMEDIATE] = {.endings = {"i", "ii", "mi", "mii", "bc", "s"}, .gcc = GCC_DIRECTORY},
  [SIDE_DUMP] = {.gcc = GCC_DIRECTORY},
  [SIDE_REMARKS] = {.endings = {"opt.yaml"}, .clang = "-opt-record-file", .gcc = GCC_DIRECTORY},
  [SIDE_OTHER] = {.endings = {"json"}},
};

static const struct {
  const char *option;
  enum side_kind kind;
} exact[] = {
  {"-fstack-usage", SIDE_STACK_USAGE},
  {"--coverage", SIDE_NOTES}, {"-coverage", SIDE_NOTES}, {"-ftest-coverage", SIDE_NOTES},
  {"-gsplit-dwarf", SIDE_DWO}, {"-gsplit-dwarf=split", SIDE_DWO}, {"-gsplit-dwarf=single", SIDE_DWO_INSIDE},
  {"-save-temps", SIDE_INTERMEDIATE}, {"--save-temps", SIDE_INTERMEDIATE}, {"-save-temps=obj", SIDE_INTERMEDIATE},
  {"-fsave-optimization-record", SIDE_REMARKS},
  {"-fprofile-arcs", SIDE_COUNTS}, {"-fbranch-probabilities", SIDE_COUNTS}, {"-fcondition-coverage", SIDE_COUNTS},
  {"-fmodule-output", SIDE_OTHER},
};

static const struct {
  const char *beginning;
  enum side_kind kind;
} beginnings[] = {
  {"-fcallgraph-info", SIDE_CALLGRAPH}, {"-fdump-", SIDE_DUMP}, {"-fprofile-generate", SIDE_COUNTS},
  {"-fprofile-use", SIDE_COUNTS}, {"-fauto-profile", SIDE_COUNTS}, {"-save-temps", SIDE_OTHER},
  {"--save-temps", SIDE_OTHER}, {"-gsplit-dwarf=", SIDE_OTHER}, {"-fsave-optimization-record", SIDE_OTHER},
  {"-ftime-trace", SIDE_OTHER},
};

bool find_side_kind(const char *option, enum side_kind *kind) {
  for (size_t index = 0; index < sizeof exact / sizeof *exact; index++) {
    const char *const only[] = {exact[index].option, NULL};
    if (!is_among(option, only)) continue;
    *kind = exact[index].kind;
    return true;
  }
  for (size_t index = 0; index < sizeof beginnings / sizeof *beginnings; index++) {
    if (!begins(option, beginnings[index].beginning)) continue;
    *kind = beginnings[index].kind;
    return true;
  }
  return false;
}
