import { createReadStream } from 'node:fs';
import { cleanUp } from '../../cleanup/cleanup.js';
import type { Finding } from '../../cleanup/finding.js';
import { readLog } from '../../contention/read-log.js';
import { describeContention } from '../../contention/report.js';
import { errorCode } from '../../host/error-code.js';
import type { Host } from '../../host/host.js';
import { formatOwner, settingsFromEnvironment } from '../../locks/index.js';
import { counted } from '../../text/counted.js';
import { errorText } from '../../text/error-text.js';
import { shellWord } from '../../text/shell-word.js';
import { type BadgeKind, badge, type Html, html, table, text } from '../html.js';

/** Locks that are shown. */
const MOST = 500;
/** Of the log of waits. */
const TARGETS = 30;

const WORDS: Readonly<Record<Finding['fate'], readonly [BadgeKind, string]>> = {
  'in-use': ['busy', 'in use'],
  'would-remove': ['dead', 'stale'],
  young: ['idle', 'young'],
  unknown: ['idle', 'unknown'],
  failed: ['bad', 'cannot be read'],
  removed: ['idle', 'gone'],
};

/** Where objects are shared, and what is known of it. */
export interface ObjectPlaces {
  readonly directories: readonly string[];
  /** The file that CT_LOCK_LOG names; undefined without one. */
  readonly lockLog: string | undefined;
}

/** The locks in object directories, as a dry run of `ct-cleanup-locks` sees them: it asks no other host and changes nothing. */
export async function objectsPage(
  { directories, lockLog }: ObjectPlaces,
  host: Host,
  environment: NodeJS.ProcessEnv,
): Promise<Html> {
  return html`${directories.length === 0 ? '' : await locksIn(directories, host, environment)}${lockLog === undefined ? '' : await waitsIn(lockLog)}`;
}

async function locksIn(directories: readonly string[], host: Host, environment: NodeJS.ProcessEnv): Promise<Html> {
  const locks: Finding[] = [];
  let count = 0;
  const { survey } = await cleanUp({
    roots: directories,
    dryRun: true,
    minAgeMs: 0,
    overdueMs: settingsFromEnvironment(environment, 'lockdir').settings.overdueMs,
    sshTimeoutS: 0,
    host,
    environment,
    onFinding: (finding) => {
      if (finding.what !== 'lock') return;
      count++;
      if (locks.length < MOST) locks.push(finding);
    },
    onProgress: () => undefined,
  });
  const where = directories.map((directory) => html`<code>${text(directory)}</code> `);
  const problems = survey.problems.map(
    ({ path, why }) => html`<div class="note bad">${text(path)}: ${text(why)}</div>`,
  );
  const clean = `ct-cleanup-locks ${directories.map((directory) => `--objdir=${shellWord(directory)}`).join(' ')}`;
  return html`<p>${where}: ${counted(count, 'lock')} in ${counted(survey.entries, 'file')}. What a dead process left is removed by the next helper that wants the lock, or by <code>${clean}</code>.</p>${problems}${
    locks.length === 0
      ? ''
      : table(
          count > MOST ? `The first ${MOST} locks` : 'Locks of object files',
          ['Lock', 'Owner', 'State', 'How that is known'],
          locks.map(({ path, owner, fate, why, clear }) => [
            text(path),
            owner === undefined ? undefined : text(formatOwner(owner)),
            badge(...WORDS[fate]),
            html`${text(why)}${clear === undefined ? '' : html`<br><code>${text(clear)}</code>`}`,
          ]),
        )
  }`;
}

/** Who waited for whom, and what was made once for several. */
async function waitsIn(lockLog: string): Promise<Html> {
  const title = html`<h2>Waits and objects made once</h2>`;
  try {
    const contention = await readLog(createReadStream(lockLog, { highWaterMark: 1 << 20 }), TARGETS);
    return html`${title}<pre>${describeContention(contention, text(lockLog)).join('\n')}</pre>`;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return html`${title}<p>Nothing to show: ${text(errorText(error))}. ct-lock-helper makes the file that <code>CT_LOCK_LOG</code> names when it first has to wait.</p>`;
  }
}
