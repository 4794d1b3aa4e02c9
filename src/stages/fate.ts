import type { Host, Judgement } from '../locks/index.js';
import { shown } from '../text/shown.js';
import type { StageLockRecord } from './stage-lock.js';

/**
 * Decides what became of the run that made a stage lock. Nothing is removed because of it; it only tells a person.
 * The start in ticks since boot, together with the boot, identifies a process whatever the clocks did.
 */
export function judgeRun(
  record: Pick<StageLockRecord, 'host' | 'pid' | 'processStart' | 'bootId'> | undefined,
  host: Pick<Host, 'name' | 'bootId' | 'process'>,
): Judgement {
  if (record === undefined) return { fate: 'unknown', why: 'the file holds no record of its owner' };
  const { pid } = record;
  const where = shown(record.host, 255);
  if (record.host !== host.name)
    return { fate: 'unknown', why: `it was started on ${where}, and this is ${host.name}` };
  if (record.bootId !== undefined && host.bootId !== undefined && record.bootId !== host.bootId) {
    return { fate: 'dead', why: `${where} has been restarted since` };
  }
  const process = host.process(pid);
  if (process.kind === 'absent') return { fate: 'dead', why: `there is no process ${pid} on ${where} any more` };
  if (process.kind === 'zombie') return { fate: 'dead', why: `process ${pid} on ${where} has ended (zombie)` };
  if (
    record.processStart !== undefined &&
    process.startTicks !== undefined &&
    record.processStart !== process.startTicks
  ) {
    return { fate: 'dead', why: `process ${pid} on ${where} is another one by now` };
  }
  return { fate: 'alive', why: `process ${pid} runs on ${where}` };
}
