/** Logs of compilers and what drives them, in the shapes that these write. */
export const COMPILER_LOGS: Readonly<Record<string, string>> = {
  'gcc and make': `[  3%] Building C object src/CMakeFiles/io.dir/error.c.o
In file included from /home/ci/src/io/error.c:3:
/home/ci/src/io/io.h: In function ‘io_warning’:
/home/ci/src/io/io.h:41:7: warning: unused variable ‘n’ [-Wunused-variable]
   41 |   int n;
      |       ^
/home/ci/src/io/error.c:12:3: error: ‘nope’ undeclared (first use in this function)
   12 |   nope();
      |   ^~~~
/home/ci/src/io/error.c:12:3: note: each undeclared identifier is reported only once for each function it appears in
/home/ci/src/io/error.c:14:1: fatal error: missing.h: No such file or directory
compilation terminated.
cc1: all warnings being treated as errors
gmake[2]: *** [src/CMakeFiles/io.dir/build.make:76: src/CMakeFiles/io.dir/error.c.o] Error 1
gmake[2]: [src/CMakeFiles/io.dir/build.make:90: src/CMakeFiles/io.dir/b.c.o] Error 1 (ignored)
gmake[1]: *** [CMakeFiles/Makefile2:85: src/CMakeFiles/io.dir/all] Error 2
make: *** [Makefile:91: all] Error 2
make: *** Waiting for unfinished jobs....
make[1]: warning:  Clock skew detected.  Your build may be incomplete.
make: *** No rule to make target 'x', needed by 'all'.  Stop.
Makefile:3: *** missing separator.  Stop.
make: Target 'all' not remade because of errors.
gcc: error: unrecognized command-line option '-fnope'
gcc -Werror -DERROR=1 -c error.c -o error.o
`,
  'g++ and templates': `In file included from /usr/include/c++/12/vector:64,
                 from /home/ci/src/a.cpp:1:
/usr/include/c++/12/bits/stl_vector.h: In instantiation of ‘class std::vector<int&>’:
/home/ci/src/a.cpp:3:20:   required from here
/usr/include/c++/12/bits/stl_vector.h:423:11: error: forming pointer to reference type ‘int&’
a.cpp:9: instantiated from ‘void f(T) [with T = int]’
a.cpp:10: error: no matching function for call to ‘g(int)’
a.cpp:2: note: candidates are: void g()
a.cpp:11:   instantiated from here
/tmp/ccABCDEF.o: In function \`main':
a.cpp:(.text+0x5): undefined reference to \`nope()'
/usr/bin/ld: CMakeFiles/m.dir/m.c.o: in function \`main':
m.c:(.text+0x5): undefined reference to \`nope'
/usr/bin/ld: a.o: in function \`f': multiple definition of \`f'; b.o:/home/ci/src/b.c:1: first defined here
/usr/bin/ld: cannot find -lmissing: No such file or directory
/usr/bin/ld: warning: a.o: missing .note.GNU-stack section implies executable stack
/usr/bin/ld: NOTE: This behaviour is deprecated and will be removed in a future version of the linker
collect2: error: ld returned 1 exit status
collect2: ld returned 1 exit status
collect2: fatal error: ld terminated with signal 9 [Killed]
g++: internal compiler error: Killed (program cc1plus)
Please submit a full bug report,
`,
  'clang and ninja': `[1/42] Building CXX object src/CMakeFiles/x.dir/x.cpp.o
FAILED: src/CMakeFiles/x.dir/x.cpp.o
/usr/bin/clang++ -DX=1 -I/home/ci/src -Wall -o src/CMakeFiles/x.dir/x.cpp.o -c /home/ci/src/x.cpp
/home/ci/src/x.cpp:7:3: error: use of undeclared identifier 'nope'
  nope();
  ^
/home/ci/src/x.cpp:9:5: warning: 'f' is deprecated: use g [-Wdeprecated-declarations]
/home/ci/src/x.h:3:6: note: 'f' has been explicitly marked deprecated here
1 warning and 1 error generated.
clang: warning: argument unused during compilation: '-lx' [-Wunused-command-line-argument]
clang-15: error: linker command failed with exit code 1 (use -v to see invocation)
ld.lld: error: undefined symbol: nope
>>> referenced by m.c
ld: warning: directory not found for option '-L/opt/x'
Undefined symbols for architecture arm64:
  "_nope", referenced from:
ld: symbol(s) not found for architecture arm64
ninja: build stopped: subcommand failed.
ninja: error: loading 'build.ninja': No such file or directory
`,
  'MSVC, MSBuild and nmake': `Microsoft (R) Build Engine version 17.4.1 for .NET Framework
  x.cpp
C:\\src\\proj\\x.cpp(7): error C2065: 'y': undeclared identifier [C:\\build\\x.vcxproj]
C:\\src\\proj\\x.cpp(12,5): warning C4996: 'strcpy': This function or variable may be unsafe. [C:\\build\\x.vcxproj]
2>C:\\src\\proj\\z.cpp(3): fatal error C1083: Cannot open include file: 'q.h': No such file or directory
3>c:\\src\\proj\\w.cpp(9) : warning C4244: conversion from 'double' to 'int', possible loss of data
4>c:\\src\\proj\\w.cpp(9) : error C2143: syntax error : missing ';' before '}'
x.obj : error LNK2019: unresolved external symbol main referenced in function "int __cdecl f(void)"
LINK : fatal error LNK1104: cannot open file 'a.lib'
x.obj : warning LNK4099: PDB 'vc140.pdb' was not found
LIBCMT.lib(a.obj) : warning LNK4089: all references to ADVAPI32.dll discarded by /OPT:REF
cl : Command line warning D9025 : overriding '/W3' with '/W4'
------ Build started: Project: x, Configuration: Debug Win32 ------
NMAKE : fatal error U1077: 'cl.exe' : return code '0x2'
Project : warning PRJ0018 : The following environment variables were not found:
    0 Warning(s)
    2 Error(s)
Build FAILED.
`,
  gfortran: `/home/ci/src/a.f90:12:10:

   12 |   call nope(x)
      |          1
Error: Symbol 'nope' at (1) has no IMPLICIT type
/home/ci/src/a.f90:14:20:

Warning: Possible change of value in conversion from REAL(8) to REAL(4) at (1) [-Wconversion]
Fatal Error: Cannot open module file 'm.mod' for reading at (1): No such file or directory
compilation terminated.
f951: Warning: Nonexistent include directory 'x' [-Wmissing-include-dirs]
`,
  nvcc: `/home/ci/src/k.cu(12): error: identifier "nope" is undefined
/home/ci/src/k.cu(14): warning #177-D: variable "x" was declared but never referenced
/home/ci/src/k.cu(15): warning: variable "x" was set but never used
/home/ci/src/k.cu(16): catastrophic error: cannot open source file "q.h"
1 error detected in the compilation of "/home/ci/src/k.cu".
nvcc warning : The 'compute_35' architectures are deprecated, and may be removed in a future release
nvcc fatal   : Unsupported gpu architecture 'compute_10'
nvlink error   : Undefined reference to 'f' in 'k.o'
ptxas warning : Value of threads per SM for entry _Z1kv is out of range
ptxas fatal   : Unresolved extern function 'f'
ptxas /tmp/k.ptx, line 12; error   : Call to '%r1' requires call prototype
`,
  'compilers of other vendors': `"a.c", line 3: warning: statement not reached
"a.c", line 4: undefined symbol: x
"a.c", line 12.5: 1506-045 (S) Undeclared identifier x.
"a.c", line 13.5: 1506-068 (W) Operation between types is not allowed.
"a.C", line 13.5: 1540-5210 (I) note.
cc-1020 CC: ERROR File = a.c, Line = 12
cc-1174 CC: WARNING File = a.c, Line = 13
cc-1174 CC: REMARK File = a.c, Line = 14
a.c(3): remark #981: operands are evaluated in unspecified order
"a.c", line 4: remark(1): x
ld32: WARNING 84 : /usr/lib/libX.so is not used for resolving any symbol.
ld32: ERROR   33 : Unresolved text symbol "f"
ld: fatal: Symbol referencing errors. No output written to a
ld: 0711-993 Error occurred while writing to the output file:
ld: 0706-006 Cannot find or open library file: -l x
Undefined\t\t\tfirst referenced
 symbol  \t\t\t    in file
ild: (undefined symbol) f -- referenced in a.o
Error 12: x
Warning W8004 a.c 12: 'x' is assigned a value that is never used in function main
Warnung 3: x
cxx: Warning: a.cxx, line 3: x
lcc: "a.c", line 3: error: x
lcc: "a.c", строка 3: ошибка: x
lcc: "a.c", строка 4: предупреждение: x
s:616 string too big
`,
  'what else runs in builds': `-- Performing Test HAVE_ERROR_T - Failed
CMake Error at CMakeLists.txt:4 (message):
  nope

CMake Warning (dev) at a/b.cmake:2 (x):
CMake Deprecation Warning at x.cmake:1 (cmake_policy):
CMake Error: The source directory "/x" does not exist.
Traceback (most recent call last):
  File "gen.py", line 3, in <module>
ModuleNotFoundError: No module named 'q'
error[E0425]: cannot find value \`x\` in this scope
  --> src/main.rs:3:5
warning: unused manifest key: x
./x.go:3:2: undefined: y
Main.java:3: error: ';' expected
[ERROR] Failed to execute goal
[WARNING] x
x.y:12.3-5: warning: unused value [-Wother]
/home/ci/src/doc/x.h:12: warning: Member f (function) of class X is not documented.
x.i:12: Warning 401: Nothing known about base class 'Y'. Ignored.
prog: prog.c:7: main: Assertion \`x' failed.
Segmentation fault (core dumped)
Bus error
sh: 1: nope: not found
cp: cannot stat 'x': No such file or directory
cp: cannot create regular file '/x': Permission denied
tar: x: Cannot open: Invalid argument
/bin/sh: ./gen.sh: Permission denied
Installing: /usr/share/doc/error: and warning: pages
12:30:01: the build goes on
12:30:02: still
at 12:30:03: note this
http://example.org:80: x
ranlib: file: libx.a(x.o) has no symbols
libtool: warning: relinking 'libx.la'
Command /usr/bin/codesign failed with exit code 1
The project cannot be built.
Fatal: x
WARNING: x
Note: a.c:1: x uses unchecked operations.
*** Error code 1
Unsatisfied symbols: f
Unresolved:
 : Where: x
a_with_warning_C.o: warning
    0 error(s), 0 warning(s)
no errors found
`,
};

/** Parts of lines that say something to CTest, and some that keep it from doing so. */
export const PIECES: readonly string[] = [
  ...'error|Error|ERROR|fatal error|catastrophic error|warning|Warning|WARNING|Warnung|note|Note:|remark #1|remark(1):'.split(
    '|',
  ),
  ...': |:|:12: |:3:|(7)|(a\\)|(7) : | : |, line 3|, line 3.4: 5-6 (S)|, line 3.4: 5-6 (I)|"a.c"|"|File = a, Line = 3'.split(
    '|',
  ),
  ..."^|make: |make[2]: |Makefile:3: |makefile:|*** |*** No rule to make target `x'.  Stop|Stop.|Error code|ld|ld: |ld32: ".split(
    '|',
  ),
  ..."undefined reference|Undefined symbol|Undefined\tfirst referenced|cannot find|can't find|: Invalid argument".split(
    '|',
  ),
  ...'nternal error:|final link failed:|instantiated from |candidates are:|Where:|_with_warning_C|bind_at_load|CMake Error|CMake Warning'.split(
    '|',
  ),
  ...'cc-1 CC: |lcc: |строка 3|ошибка|предупреждение|permission denied|file: |has no symbols|[ERROR]|[WARNING]|Fatal|Command '.split(
    '|',
  ),
  ...'failed with exit code|ild:|(undefined symbol)|fatal: |12 ERROR: |a.c|/usr/|\\|t|\t| |  |x|1|0|é|\x1b[31m|\x1b[m|\x1b'.split(
    '|',
  ),
];
