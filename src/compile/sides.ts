import { SIDE_FILES, SIDE_KINDS, type SideKind } from '../tables/side-files.js';
import type { CompilerCommand } from './compiler-command.js';
import type { Tool } from './tool.js';

/** A file that a command writes beside its product. */
export interface Side {
  /** The name that it has until it is renamed; undefined when the command writes it under its own name. */
  readonly temporary?: string;
  readonly target: string;
  /** The compiler makes an empty file where without us it makes none. */
  readonly emptyIsNone?: true;
  /** A dependency file: it must not be newer than the product that it speaks of. */
  readonly speaksOfProduct?: true;
}

/** What stands before the ending of a target; undefined for .foo, which for gcc has no ending. */
export function stemOf(target: string): string | undefined {
  const name = target.lastIndexOf('/') + 1;
  const dot = target.lastIndexOf('.');
  if (dot === name) return undefined;
  return dot < name ? target : target.slice(0, dot);
}

/** The files of one kind that are written under their own names, which are made of the target's. */
export function inPlace(target: string, kind: SideKind): Side[] {
  const stem = stemOf(target);
  return stem === undefined ? [] : withEndings(stem, kind);
}

const withEndings = (stem: string, kind: SideKind): Side[] =>
  SIDE_FILES[kind].endings.map((ending) => ({ target: `${stem}.${ending}` }));

/** What options name is written in place: it may stand in another directory, and it may name the product. */
export const namedOutputs = (line: CompilerCommand): Side[] => line.namedOutputs.map((target) => ({ target }));

/** The object, too, is one of the intermediate files of a link. */
const stages = (stem: string, kind: SideKind): Side[] => [
  ...withEndings(stem, kind),
  ...(kind === 'intermediate' ? [{ target: `${stem}.o` }] : []),
];

/**
 * What a link writes for one source. For gcc it is called `TARGET-SOURCE.su`, where the target is a.out `SOURCE.su`, as for
 * clang.
 */
function ofSource(target: string, source: string, kind: SideKind, tool: Tool): Side[] {
  const directory = target.slice(0, target.lastIndexOf('/') + 1);
  const whole = source.slice(source.lastIndexOf('/') + 1);
  const stem = stemOf(whole);
  if (stem === undefined) return [];
  const plain = tool.family !== 'gcc' || target === `${directory}a.out` ? stages(directory + stem, kind) : [];
  const prefix = `${/.\.exe$/s.test(target) ? target.slice(0, -4) : target}-`;
  const prefixed = stages(prefix + stem, kind);
  if (kind === 'remarks') prefixed.push({ target: `${prefix}${whole}.opt-record.json.gz` });
  return [...plain, ...prefixed];
}

/** All that a command writes beside its product when it runs as it is. */
export function sidesInPlace(line: CompilerCommand, target: string, tool: Tool): Side[] {
  const stem = stemOf(target);
  const own = line.dependencies === 'none' || stem === undefined ? undefined : `${stem}.d`;
  const dependencies = line.dependencyFile.path ?? own;
  const sources = line.mode === 'link' ? line.sources : [];
  return [
    ...(dependencies === undefined ? [] : [{ target: dependencies, speaksOfProduct: true as const }]),
    ...SIDE_KINDS.filter((kind) => line.sides.has(kind)).flatMap((kind) => [
      ...inPlace(target, kind),
      ...sources.flatMap((source) => ofSource(target, source, kind, tool)),
    ]),
    ...namedOutputs(line),
  ];
}
