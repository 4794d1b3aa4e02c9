import { join } from 'node:path';
import { Agent } from '../compile/agent.js';
import { agentPlace, prepareAgentPlace } from '../compile/agent-place.js';
import { openLock } from '../locks/index.js';
import { shown } from '../text/shown.js';
import { durationOf } from './duration-option.js';
import { EXIT, Refusal } from './exit.js';
import { objectInEtcd } from './object-in-etcd.js';
import { stopSignal } from './stop-signal.js';

export interface AgentOptions {
  readonly idle: string;
}

/** `stagelock agent` */
export async function agentCommand({ idle }: AgentOptions): Promise<void> {
  const idleMs = durationOf('--idle', idle);
  const { directory, socket } = agentPlace(process.env);
  const problem = prepareAgentPlace(directory);
  if (problem !== undefined) throw new Refusal(EXIT.obstructed, shown(problem));
  // The kernel frees it when the agent is killed; then the next one replaces its socket.
  const lock = openLock(join(directory, 'agent'), { strategy: 'flock' }).try();
  if (lock === undefined) throw new Refusal(EXIT.held, `an agent of this user listens at ${shown(socket)} already`);
  const stop = stopSignal({ later: 'at-once' });
  const agent = new Agent({
    socket,
    idleMs,
    stop: stop.signal,
    atOnce: stop.atOnce,
    find: ({ target, directory: theirs, environment }) => objectInEtcd(target, { directory: theirs, environment }),
  });
  await agent.serve();
  lock.release();
}
