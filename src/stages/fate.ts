import type { Host } from '../host/host.js';
import { fateOf } from '../host/process-fate.js';
import type { Judgement } from '../locks/index.js';
import { shown } from '../text/shown.js';
import type { StageLockRecord } from './stage-lock.js';

/**
 * Decides what became of the run that made a stage lock. Nothing is removed because of it; it only tells a person.
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
  switch (fateOf(record, host)) {
    case 'running':
      return { fate: 'alive', why: `process ${pid} runs on ${where}` };
    case 'restarted':
      return { fate: 'dead', why: `${where} has been restarted since` };
    case 'absent':
      return { fate: 'dead', why: `there is no process ${pid} on ${where} any more` };
    case 'zombie':
      return { fate: 'dead', why: `process ${pid} on ${where} has ended (zombie)` };
    case 'replaced':
      return { fate: 'dead', why: `process ${pid} on ${where} is another one by now` };
  }
}
