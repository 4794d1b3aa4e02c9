import { resolve } from 'node:path';

/** Where a finding is, as a dashboard shows it. */
export interface Place {
  /** As seen from the source tree; absolute when it is outside. */
  readonly file: string;
  readonly line: number;
}

/** The directories by which CTest makes paths short. */
export interface Trees {
  readonly source: string;
  readonly build: string;
}

const NAME = 'a-zA-Z./0-9_+ ~-';

/** The forms in which CTest finds a place, in its order; the first one counts. */
const FORMS = [
  new RegExp(String.raw`^Warning W[0-9]+ (?<file>[\\:${NAME}]+) (?<line>[0-9]+):`),
  new RegExp(`^(?<file>[${NAME}]+):(?<line>[0-9]+):`),
  new RegExp(String.raw`^(?:[0-9]+>)?(?<file>[\\:${NAME}]+)\((?<line>[0-9]+)\)`),
  new RegExp(`"(?<file>[${NAME}]+)", line (?<line>[0-9]+)`),
  new RegExp(`File = (?<file>[${NAME}]+), Line = (?<line>[0-9]+)`),
  /lcc: "(?<file>[^"]+)", (?:line|строка) (?<line>[0-9]+): (?:error|ошибка|warning|предупреждение)/,
];

/** The place that a line of a build log names; undefined when CTest would find none. */
export function placeIn(text: string, trees: Trees): Place | undefined {
  const short = shortened(text, trees);
  for (const form of FORMS) {
    const { file, line } = form.exec(short)?.groups ?? {};
    if (file !== undefined && line !== undefined) return { file: fileOf(file, trees), line: Number.parseInt(line, 10) };
  }
  return undefined;
}

/** CTest looks for places when the parents of both trees have become `/.../`, unless their paths are short. */
function shortened(text: string, { source, build }: Trees): string {
  let short = text;
  for (const tree of [source, build]) {
    if (tree.length > LONG) short = short.replaceAll(tree.slice(0, tree.lastIndexOf('/') + 1), '/.../');
  }
  return short;
}

const LONG = 20;

function fileOf(named: string, { source, build }: Trees): string {
  const file = named.replaceAll('\\', '/').replaceAll(/(?<!^)\/{2,}/g, '/');
  const isOfWindows = /^[A-Za-z]:/.test(file);
  if (!file.includes('/.../')) return (isOfWindows ? file : resolve(build, file)).replaceAll(`${source}/`, '');
  const below = file.replaceAll('/.../', '');
  return below.slice(below.indexOf('/') + 1);
}
