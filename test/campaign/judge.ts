import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from './event-log.js';
import type { Progress } from './oracle.js';
import type { Failure } from './outcome.js';
import type { Repository } from './repository.js';
import { commitOfView, namedRevision, reportedCommits } from './tree.js';
import type { Ended } from './world.js';

/** What the witnesses have seen of one run. */
interface Seen {
  readonly run: string;
  readonly build: string;
  readonly id: string;
  /** Of each stage that began. */
  readonly views: string[];
  /** Whether its last stage has ended by itself. */
  workDone: boolean;
}

export interface Evidence {
  readonly root: string;
  readonly events: readonly Event[];
  readonly repository: Repository;
  /** Of the runs that have ended, by their serial numbers. */
  readonly ends: ReadonlyMap<string, Ended>;
  /** How far each build was before; brought up to date. */
  readonly progress: ReadonlyMap<string, Progress>;
}

/** Everything that the promises rule out and the witnesses have seen. */
export function judge(evidence: Evidence): Failure[] {
  const failures: Failure[] = evidence.events.flatMap(({ word, line }): Failure[] => {
    if (word === 'OVERLAP') return [{ kind: 'overlap', what: line.trim() }];
    return word === 'TWO' ? [{ kind: 'two runs at once', what: line.trim() }] : [];
  });
  for (const seen of runsOf(evidence.events)) {
    const file = join(evidence.root, 'seen', `${seen.id}.xml`);
    const xml = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const commits = reportedCommits(xml);
    failures.push(...viewFaults(seen, xml, commits, evidence.repository));
    const fault = evidence.progress
      .get(seen.build)
      ?.see({ commits, completed: completed(seen, evidence.ends.get(seen.run)) });
    if (fault !== undefined)
      failures.push({ kind: fault.kind, what: `run ${seen.run} of ${seen.build}: ${fault.what}` });
  }
  return failures;
}

/** In the order in which their first stages began, which of one build is the order of its runs. */
function runsOf(events: readonly Event[]): Seen[] {
  const runs = new Map<string, Seen>();
  for (const { word, values } of events) {
    const run = values.get('run') ?? '';
    if (word === 'begin') {
      const seen = runs.get(run) ?? {
        run,
        build: values.get('build') ?? '',
        id: values.get('id') ?? '',
        views: [],
        workDone: false,
      };
      seen.views.push(values.get('view') ?? '');
      runs.set(run, seen);
    } else if (word === 'end' && values.get('stage') === 'build') {
      const seen = runs.get(run);
      if (seen !== undefined) seen.workDone = true;
    }
  }
  return [...runs.values()];
}

/** Each stage must have seen one whole commit, the one that the report names. */
function viewFaults(
  { run, build, views }: Seen,
  xml: string,
  commits: readonly number[],
  repository: Repository,
): Failure[] {
  const revision = namedRevision(xml);
  const named = revision === undefined ? commits.at(-1) : repository.commitOf(revision);
  return views.flatMap((view): Failure[] => {
    const commit = commitOfView(view);
    const who = `run ${run} of ${build}`;
    if (commit === undefined) return [{ kind: 'mixed tree', what: `${who} read ${view}` }];
    if (xml === '' || (named === undefined && revision === undefined)) return [];
    const last = commits.at(-1) ?? commit;
    if (commit === named && last === commit) return [];
    return [
      { kind: 'mixed tree', what: `${who} read commit ${commit}, reported ${last}, named ${revision} (${named})` },
    ];
  });
}

/**
 * A run that ended by itself counts, unless it said that the source had been moved under it. One that was killed may have
 * counted only if all its work was done.
 */
function completed({ workDone }: Seen, end: Ended | undefined): 'yes' | 'no' | 'maybe' {
  if (end?.code === 0) return 'yes';
  if (end?.code === 1 && !end.stderr.includes('changed while it was built')) return 'yes';
  return workDone ? 'maybe' : 'no';
}
