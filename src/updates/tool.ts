import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { directoryProblem } from '../processes/directory-problem.js';
import { sessionOf } from '../processes/endable.js';
import { type Ending, endTree } from '../processes/ending.js';
import { StillRunning } from '../processes/still-running.js';
import { shown } from '../text/shown.js';
import { decodeText } from './text.js';

/** One run of a version control program. */
export interface ToolRun {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute working directory. */
  readonly directory: string;
  /** The whole environment of the program; nothing is inherited beside it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Its standard input; none unless given. */
  readonly input?: Buffer | undefined;
  /** After this many milliseconds the program and everything it started is ended. */
  readonly timeoutMs: number;
  /** Milliseconds between TERM and KILL; 10 seconds unless given. */
  readonly graceMs?: number | undefined;
  /** Ends the program as the time limit does. */
  readonly signal?: AbortSignal | undefined;
  /** Gets the command and then every line of its output, without the line's end. Must not throw. */
  readonly log?: ((line: string) => void) | undefined;
  /** Gets standard output as it comes; it is then neither collected nor logged. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

/** What a program wrote, each stream bounded to its last `OUTPUT_LIMIT` bytes. */
export interface ToolOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * How a run ended. The program itself is gone in every case. So is what it had started: all of its session after
 * `timed-out`, `aborted` and a signal, since it could not wait for its children then; and otherwise what works in the
 * directory, as a job of a hook in the background does. What lives on has left the session (an ssh connection that stays
 * open for the next call) or the directory (the daemon of git's credential cache).
 */
export type ToolResult =
  /** Exit code 0. */
  | (ToolOutput & { readonly kind: 'ok' })
  /** Another exit code, or a signal that another process sent. */
  | (ToolOutput & { readonly kind: 'failed'; readonly code: number | null; readonly signal: string | null })
  /** Ended because the time limit passed. */
  | (ToolOutput & { readonly kind: 'timed-out'; readonly afterMs: number })
  /** Ended because the AbortSignal said so; never started when it had said so before. */
  | (ToolOutput & { readonly kind: 'aborted'; readonly started: boolean })
  /** Could not be started at all: no such program, not executable, no such directory. */
  | { readonly kind: 'not-found'; readonly message: string };

/** The most bytes kept of each output stream. */
export const OUTPUT_LIMIT = 1024 * 1024;

const DEFAULT_GRACE_MS = 10_000;
/** A line longer than this is logged in pieces, so that a stream without line ends cannot fill the memory. */
const LINE_LIMIT = 64 * 1024;
/** How long what it has started may take to end by itself after it. */
const NATURAL_MS = 2000;
/** How long what was killed may take to vanish: a process inside an NFS call cannot even be killed. */
const VANISH_MS = 5000;
/** How long the pipes are read on after the program is gone: what it started may keep them open for ever. */
const DRAIN_MS = 500;

/**
 * Runs a program to its end, in a session of its own, and ends what it leaves behind.
 *
 * If this process is killed meanwhile, the program runs on and ends by itself; the holder of a lock for what it does
 * must leave that lock behind.
 *
 * @throws StillRunning when something of it cannot be ended; the same holds for the lock. Everything else is a value
 */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  if (run.signal?.aborted) return { kind: 'aborted', started: false, stdout: Buffer.alloc(0), stderr: '' };
  run.log?.(commandText(run.argv));
  const child = start(run);
  if (child instanceof Error) return { kind: 'not-found', message: startProblem(run, child) };
  const stdout = collect(child.stdout, run.onStdout, run.onStdout ? undefined : labelled(run.log, 'out'));
  const stderr = collect(child.stderr, undefined, labelled(run.log, 'err'));
  feed(child, run.input);
  const ending = endOnDemand(child, run);
  const exit = await exited(child);
  const cause = await ending.finished();
  if (cause === undefined && exit.kind === 'exit') await endLeftBehind(child, run, exit.signal !== null);
  if (exit.kind === 'error') return { kind: 'not-found', message: startProblem(run, exit.error) };
  await Promise.race([Promise.all([stdout.done, stderr.done]), sleep(DRAIN_MS, undefined, { ref: false })]);
  const output = { stdout: stdout.take(), stderr: decodeText(stderr.take()) };
  if (cause === 'timed-out') return { kind: 'timed-out', afterMs: run.timeoutMs, ...output };
  if (cause === 'aborted') return { kind: 'aborted', started: true, ...output };
  if (exit.code === 0) return { kind: 'ok', ...output };
  return { kind: 'failed', code: exit.code, signal: exit.signal, ...output };
}

function start(run: ToolRun): ChildProcess | Error {
  const [program, ...rest] = run.argv;
  try {
    // detached: a session and process group of its own, so that all of it can be ended, and without a controlling
    // terminal, so that neither ssh nor a credential helper can open /dev/tty and wait there for a password.
    return spawn(program, rest, {
      cwd: run.directory,
      env: run.environment,
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    // Node throws for some reasons (E2BIG, ENOMEM, a NUL in an argument) and emits `error` for the others.
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A program that ends before it has read all of it says why in its own words. */
function feed(child: ChildProcess, input: Buffer | undefined): void {
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
}

/** A command as CTest writes it into its log and its reports: every argument in double quotes. */
export function commandText(argv: readonly string[]): string {
  return argv.map((argument) => `"${argument}"`).join(' ');
}

type Exit =
  | { readonly kind: 'exit'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'error'; readonly error: Error };

/** `exit`, not `close`: an ssh connection left open for the next one holds the pipes for hours. */
function exited(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      // An error after the start (a signal that could not be sent) does not end the program.
      if (child.pid === undefined) resolve({ kind: 'error', error });
    });
    child.once('exit', (code, signal) => resolve({ kind: 'exit', code, signal }));
  });
}

/**
 * Ends the child's session when the time limit passes or the signal aborts. `finished`, to be called when the child
 * itself is gone, says what ended it and waits until the rest of its session is gone too.
 */
function endOnDemand(child: ChildProcess, run: ToolRun) {
  let cause: 'timed-out' | 'aborted' | undefined;
  let session: Promise<Ending> | undefined;
  const end = (why: 'timed-out' | 'aborted') => {
    if (cause !== undefined || child.pid === undefined) return;
    cause = why;
    session = endTree(
      sessionOf(child.pid, () => child.unref()),
      patienceOf(run, 0),
    );
  };
  const onAbort = () => end('aborted');
  const timer = setTimeout(() => end('timed-out'), run.timeoutMs);
  run.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    async finished() {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
      if (session !== undefined) insistOnEnd(await session, run);
      return cause;
    },
  };
}

/** What it has left without our ending it: it was killed by another process, or it has not waited for a job of a hook. */
async function endLeftBehind(child: ChildProcess, run: ToolRun, wasKilled: boolean): Promise<void> {
  if (child.pid === undefined) return;
  const session = sessionOf(child.pid, () => child.unref(), wasKilled ? undefined : realPath(run.directory));
  const ending = await endTree(session, patienceOf(run, NATURAL_MS), run.signal);
  for (const { pid, command } of ending.ended) run.log?.(`left behind and ended: process ${pid}: ${command}`);
  insistOnEnd(ending, run);
}

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory; // the program may have removed it
  }
}

function patienceOf(run: ToolRun, naturalMs: number) {
  return { naturalMs, graceMs: run.graceMs ?? DEFAULT_GRACE_MS, vanishMs: VANISH_MS };
}

function insistOnEnd({ left }: Ending, run: ToolRun): void {
  if (left.length > 0) throw new StillRunning(shown(commandText(run.argv)), left);
}

/** Keeps the last `OUTPUT_LIMIT` bytes of a stream, or passes all of them on. */
function collect(
  /** Absent when there were no file descriptors left to start the program with. */
  stream: Readable | null | undefined,
  onChunk: ((chunk: Buffer) => void) | undefined,
  onLine: ((line: string) => void) | undefined,
) {
  let chunks: Buffer[] = [];
  let length = 0;
  let line = Buffer.alloc(0);
  const done = new Promise<void>((resolve) => (stream ? stream.once('close', resolve) : resolve()));
  stream?.on('error', () => stream.destroy());
  stream?.on('data', (chunk: Buffer) => {
    if (onChunk) return onChunk(chunk);
    chunks.push(chunk);
    length += chunk.length;
    if (length > 2 * OUTPUT_LIMIT) {
      chunks = [Buffer.concat(chunks).subarray(-OUTPUT_LIMIT)];
      length = OUTPUT_LIMIT;
    }
    if (onLine) line = splitLines(Buffer.concat([line, chunk]), onLine);
  });
  return {
    done,
    take(): Buffer {
      stream?.destroy();
      if (onLine && line.length > 0) onLine(decodeText(line));
      return Buffer.concat(chunks).subarray(-OUTPUT_LIMIT);
    },
  };
}

/** Passes on every finished line and returns the unfinished rest. */
function splitLines(text: Buffer, onLine: (line: string) => void): Buffer<ArrayBuffer> {
  let start = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
    onLine(decodeText(text.subarray(start, end)));
    start = end + 1;
  }
  for (; text.length - start > LINE_LIMIT; start += LINE_LIMIT) {
    onLine(decodeText(text.subarray(start, start + LINE_LIMIT)));
  }
  return Buffer.from(text.subarray(start));
}

function labelled(log: ((line: string) => void) | undefined, stream: 'out' | 'err') {
  return log && ((line: string) => log(`${stream}> ${line}`));
}

function startProblem(run: ToolRun, error: Error): string {
  const problem = directoryProblem(run.directory);
  if (problem === 'closed') return `there is no permission to enter ${run.directory}`;
  if (problem !== undefined) return `there is no directory ${run.directory}`;
  return `cannot start ${run.argv[0]} in ${run.directory}: ${error.message}`;
}
