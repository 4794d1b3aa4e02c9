/**
 * What a compiler writes beside its product because of an option. The same table stands in native/side_files.c, and in
 * docs/side-files.md as a person reads it.
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

export interface SideFile {
  /** What the names of these files end in after the stem of the product. */
  readonly endings: readonly string[];
  /** The option of `clang -cc1` that names the file alone, and not what the product says of it. */
  readonly clang?: string;
  /**
   * How gcc, which gives all of them one stem and writes that into the product, is had to write it elsewhere: not at all;
   * the product is compiled into a directory of its own; by another argument for the objcopy that gcc starts.
   */
  readonly gcc: 'in-place' | 'directory' | 'objcopy';
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

/** In the order in which files are published. */
export const SIDE_KINDS = Object.keys(SIDE_FILES) as SideKind[];

const EXACT: ReadonlyMap<string, SideKind> = new Map([
  ['-fstack-usage', 'stack-usage'],
  ['--coverage', 'notes'],
  ['-coverage', 'notes'],
  ['-ftest-coverage', 'notes'],
  ['-gsplit-dwarf', 'dwo'],
  ['-gsplit-dwarf=split', 'dwo'],
  ['-gsplit-dwarf=single', 'dwo-inside'],
  ['-save-temps', 'intermediate'],
  ['--save-temps', 'intermediate'],
  ['-save-temps=obj', 'intermediate'],
  ['-fsave-optimization-record', 'remarks'],
  ['-fprofile-arcs', 'counts'],
  ['-fbranch-probabilities', 'counts'],
  ['-fcondition-coverage', 'counts'],
  ['-fmodule-output', 'other'],
]);

const BEGINNINGS: readonly (readonly [string, SideKind])[] = [
  ['-fcallgraph-info', 'callgraph'],
  ['-fdump-', 'dump'],
  ['-fprofile-generate', 'counts'],
  ['-fprofile-use', 'counts'],
  ['-fauto-profile', 'counts'],
  ['-save-temps', 'other'],
  ['--save-temps', 'other'],
  ['-gsplit-dwarf=', 'other'],
  ['-fsave-optimization-record', 'other'],
  ['-ftime-trace', 'other'],
];

export const SIDE_OPTIONS = [...EXACT.keys(), ...BEGINNINGS.map(([beginning]) => beginning)];

/** Which kind an option asks for, if any. */
export function sideKindOf(option: string): SideKind | undefined {
  return EXACT.get(option) ?? BEGINNINGS.find(([beginning]) => option.startsWith(beginning))?.[1];
}
