import type { StatusSubscriber } from '../config/project.js';
import { hookTokenInTheClear } from '../secrets/in-the-clear.js';
import { shown } from '../text/shown.js';
import type { BuildEvent } from './event.js';
import { Exchange, judge, type Message } from './exchange.js';
import type { Sender, Sent } from './sender.js';
import { commitOf } from './subscription.js';
import { readKey } from './token.js';

/** GitHub refuses a longer description. */
const MOST_DESCRIPTION = 140;

type State = 'pending' | 'success' | 'failure' | 'error';
const GITLAB: Readonly<Record<State, string>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'canceled',
};

/** Reports runs as statuses of the commit that they build. */
export class StatusSender implements Sender {
  readonly #subscriber: StatusSubscriber;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #exchange: Exchange;

  constructor(subscriber: StatusSubscriber, environment: NodeJS.ProcessEnv) {
    this.#subscriber = subscriber;
    this.#environment = environment;
    this.#exchange = new Exchange(subscriber, environment);
  }

  async send(event: BuildEvent, signal: AbortSignal): Promise<Sent> {
    const commit = event.event === 'test' ? undefined : commitOf(event);
    if (commit === undefined && event.event !== 'test')
      return { kind: 'refused', why: 'the run has built no commit of git' };
    const insecure = hookTokenInTheClear(this.#subscriber);
    if (insecure !== undefined) return { kind: 'unavailable', why: insecure, lasting: true };
    const token = readKey(this.#subscriber.token, 'token', this.#environment);
    if (token.kind === 'unreadable') return { kind: 'unavailable', why: token.why, lasting: true };
    const message = statusMessage(this.#subscriber, commit, event, token.text);
    const heard = await this.#exchange.send(message, signal);
    if (heard.kind !== 'heard') return heard;
    // GitLab refuses a state that the commit has already: an attempt whose answer was lost.
    if (heard.status === 400 && /Cannot transition status via/.test(heard.text))
      return { kind: 'delivered', answer: 'has that state already' };
    return judge(heard, '; are `repository` and the token right, and may the token set statuses?', [token.text]);
  }

  async close(): Promise<void> {
    await this.#exchange.close();
  }
}

/** The state of a commit: pending while the run goes on; an error when it has come to no result. */
export function stateOf({ event, result }: BuildEvent): State {
  if (event === 'start') return 'pending';
  if (result === 'done') return 'success';
  return result === 'stage-failed' ? 'failure' : 'error';
}

/** @param commit undefined for a look at the repository, which changes nothing */
function statusMessage(
  { host, url, repository, context }: StatusSubscriber,
  commit: string | undefined,
  event: BuildEvent,
  token: string,
): Message {
  const isGitHub = host === 'github';
  const project = isGitHub ? `${url}/repos/${repository}` : `${url}/projects/${encodeURIComponent(repository)}`;
  const login = isGitHub ? { authorization: `Bearer ${token}` } : { 'private-token': token };
  const accepted = { accept: isGitHub ? 'application/vnd.github+json' : 'application/json', ...login };
  if (commit === undefined) return { method: 'GET', url: project, headers: accepted, body: '' };
  const state = stateOf(event);
  const name = context ?? `stagelock/${event.build}`;
  const description = shown(event.headline).slice(0, MOST_DESCRIPTION);
  const body = isGitHub ? { state, context: name, description } : { state: GITLAB[state], name, description };
  return {
    method: 'POST',
    url: `${project}/statuses/${commit}`,
    headers: { ...accepted, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
