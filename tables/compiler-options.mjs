// What has to be known of the options of gcc, clang, gfortran and the linker to find the output of a command.
export default {
  optionsWithArgument: {
    about: 'Options whose argument is the next word, so that `-I -o x` is not taken for an output.',
    words: `-o --output -I -D -U -A -L -l -x -T -u -z -e -B -F -G -J -R -b
      -include -imacros -isystem -isysroot -idirafter -iprefix -iwithprefix -iwithprefixbefore -iwithsysroot -iquote
      -imultilib -imultiarch -iframework -iframeworkwithsysroot -cxx-isystem -stdlib++-isystem -isystem-after -include-pch
      -ivfsoverlay -vfsoverlay -iapinotes-modules
      -MF -MT -MQ -MJ -gen-cdb-fragment-path
      -Xclang -Xlinker -Xassembler -Xpreprocessor -Xanalyzer -Xopenmp-target -Xarch_device -Xarch_host -Xcuda-fatbinary
      -Xcuda-ptxas -Xflang -Xoffload-linker -Xthinlto
      -mllvm -mmlir -mthread-model -meabi
      -target -arch -triple -gcc-toolchain -working-directory -resource-dir -fdebug-compilation-dir -ftrapv-handler
      -index-store-path -index-unit-output-path -serialize-diagnostics --serialize-diagnostics --config
      -aux-info -dumpbase -dumpbase-ext -dumpdir -auxbase -auxbase-strip -wrapper -specs --specs
      --param --sysroot -sysroot --prefix --include --imacros --include-directory --include-directory-after
      --include-prefix --include-with-prefix --include-with-prefix-after --include-with-prefix-before --define-macro
      --undefine-macro --language --library-directory --entry --for-assembler --for-linker --force-link --assert --dump-base
      -Tbss -Tdata -Ttext -rpath -soname
      -dyld-prefix -dylinker_install_name -install_name -init -compatibility_version -current_version -umbrella -undefined
      -exported_symbols_list -unexported_symbols_list -framework -force_load -weak_framework -weak_library -bundle_loader
      -client_name -allowable_client -filelist -image_base -pagezero_size -sub_library -sub_umbrella -multiply_defined
      -dependency-dot -dependency-file -module-dependency-dir`,
    beginnings: '-Xarch_ -Xopenmp-target=',
  },
  driverOption: {
    about: 'What an option without an argument of its own means for the output: the first rule that fits.',
    rules: [
      {
        means: 'quiet',
        about: 'Nothing is written that could be protected, or not where `-o` says.',
        words: `-E --preprocess -M -MM --dependencies --user-dependencies -fsyntax-only -### --version -dumpversion
          -dumpfullversion -dumpmachine -dumpspecs --target-help --help -help --analyze -module-file-info -verify-pch
          -extract-api -fdriver-only -rewrite-objc -rewrite-legacy-objc`,
        beginnings: '-print- --print- --help=',
      },
      { means: 'compile', words: '-c --compile' },
      { means: 'assembly', words: '-S --assemble' },
      {
        means: 'dependencies',
        about: 'A dependency file is written.',
        words: '-MD -MMD --write-dependencies --write-user-dependencies',
      },
      { means: 'dependent', about: 'Names what the dependency file speaks of.', beginnings: '-MT -MQ' },
      { means: 'dependency-file', about: 'Names the dependency file.', beginnings: '-MF' },
      { means: 'linker-arguments', beginnings: '-Wl,' },
      { means: 'assembler-arguments', beginnings: '-Wa,' },
      {
        means: 'other-file',
        about: 'Another file names the output.',
        words: '--MD',
        beginnings: '-fproc-stat-report',
      },
      { means: 'configured', about: 'Another file holds arguments.', beginnings: '--config=' },
      {
        means: 'repeated',
        about: 'The compiler proper may run more than once for one source.',
        beginnings: '-fopenmp-targets --offload',
        containing: '-save-temps',
      },
      { means: 'lto', beginnings: '-flto' },
      {
        means: 'emits-other',
        about: 'Something else than an object or assembly, which changes the ending of an unnamed output.',
        words: '--precompile',
        beginnings: '-emit- --emit-',
      },
      {
        means: 'own-name',
        about: "For Apple's linker: the library or bundle records its own name.",
        words: '-dynamiclib -bundle',
      },
      { means: 'libtool', beginnings: '--mode= --tag=' },
      { means: 'short-language', beginnings: '-x' },
      { means: 'long-language', beginnings: '--language=' },
    ],
  },
  argumentOption: {
    about: 'The same of an option whose argument is the next word.',
    rules: [
      { means: 'output', words: '-o --output' },
      { means: 'language', words: '-x --language' },
      { means: 'dependent', words: '-MT -MQ' },
      { means: 'dependency-file', words: '-MF' },
      { means: 'configured', words: '--config' },
      { means: 'wrapped', words: '-wrapper' },
      {
        means: 'names-sides',
        about: 'Names what is written beside the product.',
        beginnings: '-dumpdir -dumpbase --dump-base',
      },
      { means: 'repeated', words: '-arch', beginnings: '-Xarch_' },
      { means: 'other-file', words: '-MJ -gen-cdb-fragment-path -index-store-path' },
      { means: 'linker-argument', words: '-Xlinker --for-linker' },
      { means: 'assembler-argument', words: '-Xassembler --for-assembler' },
      { means: 'clang-argument', words: '-Xclang' },
    ],
  },
  quietLinkerOptions: { about: 'The same of the linker: it writes nothing.', words: '--version --help' },
  emittingArguments: { about: 'Arguments of `-Xclang` that have something else emitted.', beginnings: '-emit-' },
  noOutputOptions: {
    about: 'Options of clang that begin like `-o FILE` and are none.',
    words: '-object',
    beginnings: '-objc',
  },
  passedDependencies: { about: 'Behind `-Wp,`: a dependency file is written.', words: '-MD -MMD' },
  hashedWithName: {
    about: 'What ccache adds the name of the output to its hash for: under a new name each time it would never hit.',
    words: '-gsplit-dwarf --coverage -coverage -fprofile-arcs -ftest-coverage',
    beginnings: '-gsplit-dwarf=',
  },
  recordingOptions: {
    about:
      'Clang records the whole command line in the object then, the name of the output included. Gcc leaves that out.',
    words: '-grecord-command-line -grecord-gcc-switches -frecord-command-line -frecord-gcc-switches',
  },
  fullDebug: {
    about: 'Debug information is asked for, as far as both compilers mean the same by it.',
    words: '-g -g2 -g3 -ggdb -ggdb2 -ggdb3',
    beginnings: '-gdwarf',
  },
  lessDebug: { about: 'That is taken back.', words: '-g0 -g1 -ggdb0 -ggdb1 -gmlt', beginnings: '-gline-' },
  sourceEndings: {
    about: 'Endings of what is compiled.',
    words: `c i ii m mi mm mii M h H hh hp hxx hpp HPP h++ tcc cc cp cxx cpp CPP c++ C cppm ixx cxxm c++m ccm s S sx asm
      f for ftn fpp FOR FTN FPP F f90 f95 f03 f08 F90 F95 F03 F08 d di go ads adb java ll bc cu cui hip cl ast pcm`,
  },
  headerEndings: { about: 'Endings of what is precompiled.', words: 'h H hh hp hxx hpp HPP h++ tcc' },
  unprocessedEndings: { about: 'Of sources that no preprocessor reads.', words: 'i ii mi mii s asm ll bc ast pcm' },
  assemblyEndings: { about: 'Of sources for the assembler.', words: 's S sx asm' },
  meaningfulEndings: {
    about: 'Tools and the like choose by the ending of `-o` what they write, or write more than one file.',
    words: 'la dll exe js mjs html wasm',
  },
  headerLanguages: { about: 'Languages (`-x`) of headers.', containing: 'header' },
  unprocessedLanguages: {
    about: 'Languages that no preprocessor reads.',
    words: 'assembler ir ast',
    containing: 'cpp-output',
  },
  assemblyLanguages: { about: 'Languages for the assembler.', beginnings: 'assembler' },
  linkerFiles: {
    about:
      'Options of the linker, without dashes, for which another file has the name of the output: a map, a dependency file, a program database, an import library.',
    words: 'M print-map pdb time-trace',
    beginnings: 'Map dependency-file pdb= out-implib save-temps time-trace=',
  },
  linkerPlugin: { about: 'Passes an option to the plugin of the linker.', beginnings: 'plugin-opt=' },
  linkerPluginFiles: {
    about: 'Such options for which it writes files named after the output.',
    containing: 'save-temps time-trace',
  },
  gnuLinkers: {
    about: 'They choose a linker of GNU, which writes as the usual one.',
    words: '-fuse-ld=bfd -fuse-ld=gold',
  },
  chosenLinkers: { about: 'They choose a linker.', beginnings: '-fuse-ld=' },
  externalAssembler: {
    about: 'They choose another assembler than the one in clang.',
    words: '-fno-integrated-as -no-integrated-as',
  },
};
