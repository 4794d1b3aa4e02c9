import { spawn } from 'node:child_process';
import { FIRST_PROCESS, fateByKill, isRefusal, type RemoteEnd } from './kill-zero.js';
import { parseRemote, type RemoteAnswer, type RemoteFate, remoteScript } from './remote-host.js';

/** Hosts asked at the same time. */
const AT_ONCE = 8;
/** After this long no other host is asked, in milliseconds: names of hosts that do not exist cost nothing to plant. */
const ALL_HOSTS_MS = 120_000;
/** What a host has after its connection stands, in milliseconds. */
const ANSWER_MS = 10_000;
/** More than this is no answer of ours, in bytes. */
const LONGEST_ANSWER = 1024 * 1024;

/** Other hosts, which are asked by ssh(1). Never asks a person, never learns a new host key, forwards nothing. */
export class RemoteHosts {
  readonly #connectS: number;
  /** Not before the first question. */
  #endMs: number | undefined;
  /** Those that have not answered are not asked again. */
  readonly #silent = new Map<string, RemoteAnswer>();

  /** @param connectS seconds to wait for each connection */
  constructor(connectS: number) {
    this.#connectS = connectS;
  }

  /**
   * Asks which of some processes of theirs still run.
   *
   * @param processes the pids by host; the names have passed `isHostName`
   * @returns an answer for every host
   */
  async ask(processes: ReadonlyMap<string, ReadonlySet<number>>): Promise<Map<string, RemoteAnswer>> {
    const answers = new Map<string, RemoteAnswer>();
    const waiting = [...processes];
    this.#endMs ??= Date.now() + ALL_HOSTS_MS;
    const endMs = this.#endMs;
    const askInTurn = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [host, pids] = next;
        const answer = this.#silent.get(host) ?? (await this.#askOne(host, [...pids], endMs));
        if (answer.kind === 'no-answer') this.#silent.set(host, answer);
        answers.set(host, answer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
    return answers;
  }

  async #askOne(host: string, pids: readonly number[], endMs: number): Promise<RemoteAnswer> {
    const leftMs = endMs - Date.now();
    if (leftMs > 0) return ask(host, pids, this.#connectS, leftMs);
    return { kind: 'no-answer', why: 'it was not asked, since the other hosts took so long' };
  }
}

async function ask(host: string, pids: readonly number[], connectS: number, leftMs: number): Promise<RemoteAnswer> {
  const end = Date.now() + leftMs;
  const run = (command: string, input: string): Promise<RemoteEnd> =>
    runOn(host, command, input, connectS, Math.max(1, end - Date.now()));
  // The script goes to standard input, so that no login shell interprets it.
  const shell = await run('/bin/sh', remoteScript(pids));
  const answer: RemoteAnswer =
    shell.code === 0 ? parseRemote(host, shell.stdout) : { kind: 'no-answer', why: complaintOf(shell) };
  if (!isRefusal(shell)) return answer;
  return (await askByKill(pids, (pid) => run(`kill -0 ${pid}`, ''), end)) ?? answer;
}

/** Asks a host that refuses a shell, one process at a time. Undefined when it says nothing of any. */
async function askByKill(
  pids: readonly number[],
  kill: (pid: number) => Promise<RemoteEnd>,
  end: number,
): Promise<RemoteAnswer | undefined> {
  const fates = new Map<number, RemoteFate>();
  let mayAll: boolean | undefined;
  for (const pid of pids) {
    if (Date.now() >= end) break;
    const ended = await kill(pid);
    if (ended.code !== 0) mayAll ??= (await kill(FIRST_PROCESS)).code === 0;
    const fate = fateByKill(ended, mayAll ?? false);
    if (fate !== undefined) fates.set(pid, fate);
    else if (fates.size === 0) return undefined; // it refuses this, too
  }
  return { kind: 'answered', fates };
}

function complaintOf({ code, stderr }: RemoteEnd): string {
  const what = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const how = code === undefined ? 'ssh took too long' : `ssh ended with ${code}`;
  return what === '' ? how : `${how}: ${what}`;
}

function runOn(host: string, command: string, input: string, connectS: number, leftMs: number): Promise<RemoteEnd> {
  return new Promise((resolve) => {
    const child = spawn('ssh', sshArguments(host, connectS, command), { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    const limit = setTimeout(() => child.kill('SIGKILL'), Math.min(leftMs, connectS * 1000 + ANSWER_MS));
    const end = (ended: RemoteEnd): void => {
      clearTimeout(limit);
      resolve(ended);
    };
    child.stdin.on('error', () => undefined); // it ended without listening; 'close' tells
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString('latin1');
      if (stdout.length > LONGEST_ANSWER) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      if (stderr.length < 1000) stderr += data.toString('latin1');
    });
    child.once('error', (error) => end({ code: 255, stdout, stderr: `ssh cannot be started (${error.message})` }));
    child.once('close', (code) => end({ code: code ?? undefined, stdout, stderr }));
    child.stdin.end(input);
  });
}

function sshArguments(host: string, connectS: number, command: string): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: connectS,
    ConnectionAttempts: 1,
    StrictHostKeyChecking: 'yes',
    ClearAllForwardings: 'yes',
    PermitLocalCommand: 'no',
    LogLevel: 'ERROR',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  // -T no terminal, -a no agent, -x no X11.
  return ['-T', '-a', '-x', ...words, '--', host, command];
}
