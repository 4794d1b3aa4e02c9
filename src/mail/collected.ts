import { array, object, oneOf, optional, string, type TypeOf, time } from '../records/schema.js';
import { oneLine } from './one-line.js';
import { htmlOf, type Passage, textOf } from './prose.js';

/*
 * One commit can break several builds of a project, and that is one mail to its author. So a letter that a build is broken waits in the
 * spool for a while, and the delivery that finds it due puts into it what others say that wait there and share a commit with it.
 * What a letter says is kept in parts for that, one for each build.
 */

const PASSAGE = object({ heading: optional(string()), text: string() });

/** What happened to one build. */
const PART = object({
  /** The id of the run: no part is in a letter twice. */
  run: string(),
  build: string(),
  ended: time,
  /** `build failed: 2 errors`; empty for one that works again. */
  headline: string(),
  /** What a reader has to know of it, most important first. */
  passages: array(PASSAGE),
  /** What it built. */
  changes: array(PASSAGE),
  /** Which build, when, where. */
  facts: string(),
});
export type Part = TypeOf<typeof PART>;

export const COLLECTED = object({
  kind: oneOf('broken', 'fixed'),
  project: string(),
  host: string(),
  /** Of all commits that were built. */
  revisions: array(string()),
  /** Who gets it, and why. */
  reason: string(),
  parts: array(PART),
});
export type Collected = TypeOf<typeof COLLECTED>;

/** More than this is in no letter, as JSON in UTF-16 units: it must not outgrow what the spool reads, and a person. */
const LONGEST = 500_000;

/** Whether two letters are about the same: of one project, broken or not, and with a commit in common. */
export function belongTogether(one: Collected, other: Collected): boolean {
  if (one.kind !== other.kind || one.project !== other.project) return false;
  if (JSON.stringify(one).length + JSON.stringify(other).length > LONGEST) return false;
  const known = new Set(one.revisions);
  return other.revisions.some((revision) => known.has(revision));
}

/** All that two letters say, each part once, in the order of time. */
export function together(one: Collected, other: Collected): Collected {
  const known = new Set(one.parts.map(({ run }) => run));
  const parts = [...one.parts, ...other.parts.filter(({ run }) => !known.has(run))];
  return {
    ...one,
    revisions: [...new Set([...one.revisions, ...other.revisions])],
    parts: parts.sort((a, b) => Date.parse(a.ended) - Date.parse(b.ended)),
  };
}

/** Subject and texts of a letter. */
export function wordsOf(collected: Collected): {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const { reason, parts } = collected;
  const subject = oneLine(subjectOf(collected));
  const passages: Passage[] = [
    { text: `${oneLine(sentenceOf(collected), 2000)}\n${reason}` },
    ...parts.flatMap((part) => (parts.length === 1 ? part.passages : titled(part))),
    ...changesOf(parts),
    ...parts.map(({ facts }) => ({ text: facts })),
  ];
  return { subject, text: textOf(passages), html: htmlOf(subject, passages) };
}

function subjectOf({ kind, project, parts }: Collected): string {
  const [first = { build: '', headline: '' }] = parts;
  if (parts.length === 1) return `${project}/${first.build}: ${kind === 'broken' ? first.headline : 'works again'}`;
  const builds = parts.map(({ build }) => build).join(', ');
  return kind === 'broken'
    ? `${project}: ${parts.length} builds are broken (${builds}): ${first.headline}`
    : `${project}: ${parts.length} builds work again (${builds})`;
}

function sentenceOf({ kind, project, host, parts }: Collected): string {
  const builds = parts.map(({ build }) => build);
  if (builds.length === 1)
    return `The build ${builds[0]} of ${project} on ${host} ${kind === 'broken' ? 'is broken' : 'works again'}.`;
  const what = kind === 'broken' ? 'are broken' : 'work again';
  return `${builds.length} builds of ${project} on ${host} ${what}: ${builds.slice(0, -1).join(', ')} and ${builds.at(-1)}.`;
}

function titled({ build, passages }: Part): Passage[] {
  return passages.map(({ heading, text }) => ({
    text,
    heading: oneLine(heading === undefined ? `${build}:` : `${build}: ${heading}`, 1000),
  }));
}

/** What was built, once where it is the same for all. */
function changesOf(parts: readonly Part[]): Passage[] {
  const texts = new Set(parts.map(({ changes }) => JSON.stringify(changes)));
  if (texts.size === 1) return [...(parts[0]?.changes ?? [])];
  return parts.flatMap(({ build, changes }) =>
    changes.map(({ heading, text }) => ({ text, heading: oneLine(`${build}: ${heading ?? ''}`, 1000) })),
  );
}
