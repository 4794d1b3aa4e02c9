// What a compiler writes beside its product because of an option; docs/side-files.md has it as a person reads it.
export default {
  sideKind: {
    about:
      'What a compiler writes beside its product, by how it can be written under another name for a while. In the order in which files are published.',
    choices: {
      'stack-usage': '',
      callgraph: '',
      notes: '',
      dwo: '',
      intermediate: '',
      dump: '',
      remarks: '',
      counts: "Nothing beside the product, but a name in it that is made of the product's.",
      'dwo-inside': 'The debug information stays in the product, which names itself.',
      other: '',
    },
    prefix: 'side',
    count: 'sideKinds',
    list: true,
  },
  gccWay: {
    about: 'How gcc, which gives all of them one stem and writes that into the product, is had to write it elsewhere.',
    choices: {
      'in-place': 'Not at all.',
      directory: 'The product is compiled into a directory of its own.',
      objcopy: 'By another argument for the objcopy that gcc starts.',
    },
    prefix: 'gcc',
  },
  sideFiles: {
    about: 'What is known of each kind.',
    struct: 'sideFile',
    by: 'sideKind',
    fields: {
      endings: { type: 'texts', about: 'What the names of these files end in after the stem of the product.' },
      clang: {
        type: 'text',
        optional: true,
        about:
          'The option of `clang -cc1` that names the file alone, and not what the product says of it, where there is one.',
      },
      gcc: { type: 'gccWay', about: 'How gcc is had to write it elsewhere.' },
      emptyIsNone: {
        type: 'flag',
        about: 'The compiler makes an empty file under that option where it otherwise makes none.',
      },
    },
    rows: {
      'stack-usage': { endings: ['su'], clang: '-stack-usage-file', gcc: 'directory' },
      callgraph: { endings: ['ci'], gcc: 'directory' },
      notes: { endings: ['gcno'], clang: '-coverage-notes-file=', gcc: 'in-place' },
      dwo: { endings: ['dwo'], clang: '-split-dwarf-output', gcc: 'objcopy', emptyIsNone: true },
      intermediate: { endings: ['i', 'ii', 'mi', 'mii', 'bc', 's'], gcc: 'directory' },
      dump: { endings: [], gcc: 'directory' },
      remarks: { endings: ['opt.yaml'], clang: '-opt-record-file', gcc: 'directory' },
      counts: { endings: [], gcc: 'in-place' },
      'dwo-inside': { endings: [], gcc: 'in-place' },
      other: { endings: ['json'], gcc: 'in-place' },
    },
  },
  sideOptions: {
    about: 'Which kind an option asks for: the first rule that fits.',
    rulesOf: 'sideKind',
    rules: [
      { means: 'stack-usage', words: '-fstack-usage' },
      { means: 'notes', words: '--coverage -coverage -ftest-coverage' },
      { means: 'dwo', words: '-gsplit-dwarf -gsplit-dwarf=split' },
      { means: 'dwo-inside', words: '-gsplit-dwarf=single' },
      { means: 'intermediate', words: '-save-temps --save-temps -save-temps=obj' },
      { means: 'remarks', words: '-fsave-optimization-record' },
      { means: 'counts', words: '-fprofile-arcs -fbranch-probabilities -fcondition-coverage' },
      { means: 'other', words: '-fmodule-output' },
      { means: 'callgraph', beginnings: '-fcallgraph-info' },
      { means: 'dump', beginnings: '-fdump-' },
      { means: 'counts', beginnings: '-fprofile-generate -fprofile-use -fauto-profile' },
      {
        means: 'other',
        beginnings: '-save-temps --save-temps -gsplit-dwarf= -fsave-optimization-record -ftime-trace',
      },
    ],
  },
  reader: {
    about: 'Who reads an argument: the driver itself, or the tool that it passes the argument to.',
    choices: { driver: '', assembler: '', linker: '' },
    prefix: 'reader',
    count: 'readers',
  },
  namingOptions: {
    about:
      'Options that name a file to write, besides -o and the dependency file: a map, a listing, diagnostics. Of the linker with one dash; it takes two as well.',
    struct: 'namingOptions',
    by: 'reader',
    fields: {
      next: { type: 'pattern', about: 'Their next argument is the file.' },
      glued: { type: 'pattern', about: 'What stands behind their first `=` is the file.' },
    },
    rows: {
      driver: {
        next: { words: '-MJ -aux-info -serialize-diagnostics --serialize-diagnostics -dependency-dot --MD' },
        glued: {
          beginnings: `-foptimization-record-file= -fprofile-note= -ftime-trace= -fmodule-output= -fproc-stat-report=
            -fdeps-file= -fdump- -fopt-info`,
        },
      },
      assembler: { next: { words: '--MD' }, glued: { beginnings: '--MD=' } },
      linker: {
        next: { words: '-Map -dependency-file -out-implib' },
        glued: { beginnings: '-Map= -dependency-file= -out-implib= -pdb= -time-trace=' },
      },
    },
  },
  listingLetters: {
    about: "`-alns=`: the assembler's listing, with these letters for what is in it.",
    text: 'cdghilmns',
  },
};
