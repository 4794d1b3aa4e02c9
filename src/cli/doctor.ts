import { statSync } from 'node:fs';
import { examine } from '../doctor/examination.js';
import type { Finding } from '../doctor/finding.js';
import { describeFinding, describeSide, describeVerdict, reportOf } from '../doctor/report.js';
import { lookAt, type Side } from '../doctor/side.js';
import { verdictOf } from '../doctor/verdict.js';
import { jsonText } from '../text/json.js';
import { shellWord } from '../text/shell-word.js';
import { shown, shownLines } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { describeFailure } from './failure.js';
import { stopSignal } from './stop-signal.js';

export interface DoctorOptions {
  readonly json?: boolean;
  readonly peer?: string;
  /** The etcd of the configuration is meant, and no directory. */
  readonly etcd?: boolean;
}

/** `stagelock doctor DIR` */
export async function doctorCommand(
  directory: string,
  { json = false, peer }: Pick<DoctorOptions, 'json' | 'peer'>,
): Promise<void> {
  const sides = peer === undefined ? ([sideOf(directory)] as const) : ([sideOf(directory), sideOf(peer)] as const);
  const stop = stopSignal();
  const say = (lines: readonly string[]): void => {
    if (!json) process.stdout.write(lines.map((line) => `${shownLines(line)}\n`).join(''));
  };
  say([...sides.flatMap(describeSide), '']);
  const findings: Finding[] = [];
  const examination = await examine({
    sides,
    worker: [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'doctor-worker'],
    pid: process.pid,
    stop: stop.signal,
    onFinding: (finding) => {
      findings.push(finding);
      say([describeFinding(finding)]);
    },
    onLeftover: (path, why) => {
      process.stderr.write(
        `stagelock: ${shown(path)} could not be removed: ${shown(why)}. It can go: rm -rf ${shellWord(path)}\n`,
      );
    },
  });
  if (examination.kind === 'interrupted') {
    process.exitCode = stop.exitCode();
    stop.dieIfHungUp();
    return;
  }
  const verdict = verdictOf(sides, examination);
  say([...(findings.length === 0 ? [] : ['']), ...describeVerdict(verdict)]);
  if (json) process.stdout.write(`${jsonText(reportOf(sides, findings, verdict), 2)}\n`);
  process.exitCode = verdict.works ? EXIT.done : EXIT.failed;
}

function sideOf(directory: string): Side {
  try {
    if (statSync(directory).isDirectory()) return lookAt(directory);
  } catch (error) {
    throw new Refusal(EXIT.usage, describeFailure(error));
  }
  throw new Refusal(EXIT.usage, `${directory} is not a directory`);
}
