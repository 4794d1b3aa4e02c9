// Made by scripts/tables.mjs of tables/side-files.mjs: change that.
import type { Pattern, Rule } from './pattern.js';

/**
 * What a compiler writes beside its product, by how it can be written under another name for a while. In the order in
 * which files are published.
 */
export type SideKind =
  | 'stack-usage'
  | 'callgraph'
  | 'notes'
  | 'dwo'
  | 'intermediate'
  | 'dump'
  | 'remarks'
  /** Nothing beside the product, but a name in it that is made of the product's. */
  | 'counts'
  /** The debug information stays in the product, which names itself. */
  | 'dwo-inside'
  | 'other';

export const SIDE_KINDS: readonly SideKind[] = ['stack-usage', 'callgraph', 'notes', 'dwo', 'intermediate', 'dump', 'remarks', 'counts', 'dwo-inside', 'other'];

/** How gcc, which gives all of them one stem and writes that into the product, is had to write it elsewhere. */
export type GccWay =
  /** Not at all. */
  | 'in-place'
  /** The product is compiled into a directory of its own. */
  | 'directory'
  /** By another argument for the objcopy that gcc starts. */
  | 'objcopy';

/** What is known of each kind. */
export interface SideFile {
  /** What the names of these files end in after the stem of the product. */
  readonly endings: readonly string[];
  /** The option of `clang -cc1` that names the file alone, and not what the product says of it, where there is one. */
  readonly clang?: string;
  /** How gcc is had to write it elsewhere. */
  readonly gcc: GccWay;
  /** The compiler makes an empty file under that option where it otherwise makes none. */
  readonly emptyIsNone?: true;
}

export const SIDE_FILES: Readonly<Record<SideKind, SideFile>> = {
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
};

/** Which kind an option asks for: the first rule that fits. */
export const SIDE_OPTIONS: readonly Rule<SideKind>[] = [
  { means: 'stack-usage', pattern: { words: new Set(['-fstack-usage']), beginnings: [], containing: [] } },
  { means: 'notes', pattern: { words: new Set(['--coverage', '-coverage', '-ftest-coverage']), beginnings: [], containing: [] } },
  { means: 'dwo', pattern: { words: new Set(['-gsplit-dwarf', '-gsplit-dwarf=split']), beginnings: [], containing: [] } },
  { means: 'dwo-inside', pattern: { words: new Set(['-gsplit-dwarf=single']), beginnings: [], containing: [] } },
  { means: 'intermediate', pattern: { words: new Set(['-save-temps', '--save-temps', '-save-temps=obj']), beginnings: [], containing: [] } },
  { means: 'remarks', pattern: { words: new Set(['-fsave-optimization-record']), beginnings: [], containing: [] } },
  { means: 'counts', pattern: { words: new Set(['-fprofile-arcs', '-fbranch-probabilities', '-fcondition-coverage']), beginnings: [], containing: [] } },
  { means: 'other', pattern: { words: new Set(['-fmodule-output']), beginnings: [], containing: [] } },
  { means: 'callgraph', pattern: { words: new Set(), beginnings: ['-fcallgraph-info'], containing: [] } },
  { means: 'dump', pattern: { words: new Set(), beginnings: ['-fdump-'], containing: [] } },
  { means: 'counts', pattern: { words: new Set(), beginnings: ['-fprofile-generate', '-fprofile-use', '-fauto-profile'], containing: [] } },
  { means: 'other', pattern: { words: new Set(), beginnings: [
      '-save-temps', '--save-temps', '-gsplit-dwarf=', '-fsave-optimization-record', '-ftime-trace'
    ], containing: [] } },
];

/** Who reads an argument: the driver itself, or the tool that it passes the argument to. */
export type Reader =
  | 'driver'
  | 'assembler'
  | 'linker';

/**
 * Options that name a file to write, besides -o and the dependency file: a map, a listing, diagnostics. Of the linker
 * with one dash; it takes two as well.
 */
export interface NamingOptions {
  /** Their next argument is the file. */
  readonly next: Pattern;
  /** What stands behind their first `=` is the file. */
  readonly glued: Pattern;
}

export const NAMING_OPTIONS: Readonly<Record<Reader, NamingOptions>> = {
  driver: {
    next: { words: new Set([
       '-MJ', '-aux-info', '-serialize-diagnostics', '--serialize-diagnostics', '-dependency-dot', '--MD'
     ]), beginnings: [], containing: [] },
    glued: { words: new Set(), beginnings: [
       '-foptimization-record-file=', '-fprofile-note=', '-ftime-trace=', '-fmodule-output=', '-fproc-stat-report=',
       '-fdeps-file=', '-fdump-', '-fopt-info'
     ], containing: [] },
  },
  assembler: {
    next: { words: new Set(['--MD']), beginnings: [], containing: [] },
    glued: { words: new Set(), beginnings: ['--MD='], containing: [] },
  },
  linker: {
    next: { words: new Set(['-Map', '-dependency-file', '-out-implib']), beginnings: [], containing: [] },
    glued: { words: new Set(), beginnings: ['-Map=', '-dependency-file=', '-out-implib=', '-pdb=', '-time-trace='], containing: [] },
  },
};

/** `-alns=`: the assembler's listing, with these letters for what is in it. */
export const LISTING_LETTERS = 'cdghilmns';
