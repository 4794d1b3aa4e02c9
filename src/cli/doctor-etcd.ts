import { examineEtcd } from '../doctor/etcd/examination.js';
import type { EtcdFinding } from '../doctor/etcd/finding.js';
import { describeCoordination, describeEtcdFinding, etcdReport } from '../doctor/etcd/report.js';
import { etcdVerdict } from '../doctor/etcd/verdict.js';
import { describeVerdict } from '../doctor/report.js';
import { Etcd } from '../etcd/etcd.js';
import { jsonText } from '../text/json.js';
import { shown, shownLines } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';
import { stopSignal } from './stop-signal.js';

/** `stagelock doctor --etcd` */
export async function doctorEtcdCommand(
  options: GlobalOptions,
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  const { file, coordination } = projectOf(options);
  if (coordination === undefined) throw new Refusal(EXIT.usage, `${file}: there is no [coordination]`);
  const stop = stopSignal();
  const say = (lines: readonly string[]): void => {
    if (!json) process.stdout.write(lines.map((line) => `${shownLines(line)}\n`).join(''));
  };
  say([...describeCoordination(coordination), '']);
  const etcd = new Etcd(coordination);
  const findings: EtcdFinding[] = [];
  try {
    const examination = await examineEtcd({
      etcd,
      prefix: coordination.prefix,
      requestTimeoutMs: coordination.requestTimeoutMs,
      stop: stop.signal,
      onFinding: (finding) => {
        findings.push(finding);
        say([describeEtcdFinding(finding, coordination)]);
      },
      onLeftover: (prefix, why) => {
        process.stderr.write(
          `stagelock: the keys below ${shown(prefix)} could not be removed: ${shown(why)}. They go by themselves within 2 min.\n`,
        );
      },
    });
    if (examination.kind === 'interrupted') {
      process.exitCode = stop.exitCode();
      stop.dieIfHungUp();
      return;
    }
    const verdict = etcdVerdict(coordination, findings, examination.facts);
    say(['', ...describeVerdict(verdict)]);
    if (json) process.stdout.write(`${jsonText(etcdReport(coordination, findings, examination.facts, verdict), 2)}\n`);
    process.exitCode = verdict.works ? EXIT.done : EXIT.failed;
  } finally {
    await etcd.close();
  }
}
