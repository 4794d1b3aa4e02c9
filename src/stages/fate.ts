import type { Host } from '../host/host.js';
import { fateOf } from '../host/process-fate.js';
import { type Judgement, RUNNING } from '../locks/index.js';
import { shown } from '../text/shown.js';
import type { FoundStageLock, StageLockRecord } from './stage-lock.js';

/** {@link judgeRun}; of a lock that is no file of a host, what is known where it stands. */
export function judgeLock(
  lock: Pick<FoundStageLock, 'record' | 'judgement'>,
  host: Pick<Host, 'name' | 'bootId' | 'process'>,
): Judgement {
  return lock.judgement ?? judgeRun(lock.record, host);
}

/**
 * Decides what became of the run that made a stage lock. Nothing is removed because of it; it only tells a person.
 */
export function judgeRun(
  record: Pick<StageLockRecord, 'host' | 'pid' | 'processStart' | 'bootId'> | undefined,
  host: Pick<Host, 'name' | 'bootId' | 'process'>,
): Judgement {
  if (record === undefined) return { fate: 'unknown', why: 'the file holds no record of its owner' };
  const where = shown(record.host, 255);
  if (record.host !== host.name) return { fate: 'unknown', why: `only ${where} can tell whether its process is alive` };
  switch (fateOf(record, host)) {
    case 'running':
      return { fate: 'alive', why: RUNNING };
    case 'restarted':
      return { fate: 'dead', why: `${where} has been restarted since` };
    case 'absent':
      return { fate: 'dead', why: 'its process no longer exists' };
    case 'zombie':
      return { fate: 'dead', why: 'its process has ended (zombie)' };
    case 'replaced':
      return { fate: 'dead', why: 'its pid belongs to another process by now' };
  }
}
