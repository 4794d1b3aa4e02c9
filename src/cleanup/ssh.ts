import { spawn } from 'node:child_process';
import { parseRemote, type RemoteAnswer, remoteScript } from './remote-host.js';

/** Hosts asked at the same time. */
const AT_ONCE = 8;
/** After this long no other host is asked, in milliseconds: names of hosts that do not exist cost nothing to plant. */
const ALL_HOSTS_MS = 120_000;
/** What a host has after its connection stands, in milliseconds. */
const ANSWER_MS = 10_000;
/** More than this is no answer of ours, in bytes. */
const LONGEST_ANSWER = 1024 * 1024;

/**
 * Asks hosts by ssh(1) which of some processes of theirs still run. Never asks a person, never learns a new host key,
 * forwards nothing.
 *
 * @param processes the pids by host; the names have passed `isHostName`
 * @param connectS seconds to wait for each connection
 * @returns an answer for every host
 */
export async function askHosts(
  processes: ReadonlyMap<string, ReadonlySet<number>>,
  connectS: number,
): Promise<Map<string, RemoteAnswer>> {
  const answers = new Map<string, RemoteAnswer>();
  const waiting = [...processes];
  const end = Date.now() + ALL_HOSTS_MS;
  const askInTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [host, pids] = next;
      const leftMs = end - Date.now();
      const why = 'it was not asked, since the other hosts took so long';
      answers.set(host, leftMs > 0 ? await ask(host, [...pids], connectS, leftMs) : { kind: 'no-answer', why });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  return answers;
}

function ask(host: string, pids: readonly number[], connectS: number, leftMs: number): Promise<RemoteAnswer> {
  return new Promise((resolve) => {
    const child = spawn('ssh', sshArguments(host, connectS), { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let complaint = '';
    const limit = setTimeout(() => child.kill('SIGKILL'), Math.min(leftMs, connectS * 1000 + ANSWER_MS));
    const end = (answer: RemoteAnswer): void => {
      clearTimeout(limit);
      resolve(answer);
    };
    child.stdin.on('error', () => undefined); // it ended without listening; 'close' tells
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString('latin1');
      if (out.length > LONGEST_ANSWER) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      if (complaint.length < 1000) complaint += data.toString('latin1');
    });
    child.once('error', (error) => end({ kind: 'no-answer', why: `ssh cannot be started (${error.message})` }));
    child.once('close', (code, signal) => {
      if (code === 0) return end(parseRemote(host, out));
      const what = complaint.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      const how = signal === null ? `ssh ended with ${code}` : 'ssh took too long';
      end({ kind: 'no-answer', why: what === '' ? how : `${how}: ${what}` });
    });
    child.stdin.end(remoteScript(pids));
  });
}

function sshArguments(host: string, connectS: number): string[] {
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
  // -T no terminal, -a no agent, -x no X11. The script goes to standard input, so that no login shell interprets it.
  return ['-T', '-a', '-x', ...words, '--', host, '/bin/sh'];
}
