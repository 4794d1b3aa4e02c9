import { createHash } from 'node:crypto';
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isBuildName } from '../config/names.js';
import { removeAbandoned } from '../files/abandoned.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import { object, optional, parseRecord, recordText, string, type TypeOf, where } from '../records/schema.js';
import { brokenLetter, fixedLetter, type RunSummary, type Surroundings, TOLD, type Told } from './breakage-letter.js';
import type { Letter } from './letter.js';
import { isLetterName, nameOf, textOfFresh } from './spool.js';

export type { RunSummary } from './breakage-letter.js';

/*
 * Who broke a build is told once, and once more when it works again. A directory of each build, below the spool of mails,
 * remembers that:
 *
 *     breakage/gcc/memory.json               whether it is broken, who was told, and which letter goes into the spool
 *     breakage/gcc/20020131T…-ID.json        that letter, until it does
 *
 * Neither may a letter be lost nor come twice when a process dies in between, also when another process delivers the spool
 * meanwhile. So there are three steps, of which the second decides:
 *
 *   1. The letter is written beside the memory. Who dies after that has decided nothing: the next run finds a memory that
 *      does not know the letter, removes it, and decides anew.
 *   2. The memory is replaced: it says what the build is now, and names the letter. From here on the letter is due.
 *   3. The letter is moved into the spool, by one rename(2). Who dies before it leaves the letter to the next run, which
 *      begins with step 3 for the letter that the memory names. There it either is still, and moves now, or it is not,
 *      and then it has been moved before, whatever has become of it since: delivered and gone, perhaps.
 *
 * A letter that was put into the spool first and remembered after that, or the other way round, would be lost or come twice
 * in between. Only one run of a build is at this at a time; its stage locks see to that.
 */

/** The steps that leave a trace, in their order; a step that has nothing to do is none. */
export type BreakageStep = 'written' | 'remembered' | 'posted';

export interface BreakageContext extends Surroundings {
  /** Of mails. */
  readonly spool: string;
  readonly now: () => Date;
  /** How long a letter waits in the spool for those of other builds, in milliseconds; 0 for not at all. */
  readonly collectMs: number;
  /** Told after each step; tests kill a process there. */
  readonly step?: (step: BreakageStep) => void;
}

/** What is remembered of a build. */
const REMEMBERED = object({
  /** Missing when it is not broken. */
  broken: optional(TOLD),
  /** The name of the last letter in the spool. */
  letter: optional(where(string(), isLetterName)),
});
export type Memory = TypeOf<typeof REMEMBERED>;

const GOOD: Memory = {};

/** What a run means after what is remembered. */
export function judgeRun({ broken }: Memory, result: RunSummary['result']): 'broke' | 'mended' | 'as-before' {
  if (result === 'failed') return broken === undefined ? 'broke' : 'as-before';
  return broken === undefined ? 'as-before' : 'mended';
}

/**
 * Puts a mail about a run into the spool when it is the first that failed, or the first that did not fail any more. The
 * same run may be told again, by one who does not know whether it was.
 *
 * @returns the letter that it has put there
 * @throws the system's error, for example ENOSPC; then nothing has changed, or the next run goes on where this one stopped
 */
export function tellBreakage(summary: RunSummary, context: BreakageContext): Letter | undefined {
  const directory = join(context.spool, 'breakage', directoryName(summary.build));
  if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(`${directory} is a symbolic link, which stagelock does not follow; remove it`);
  }
  const memory = readMemory(directory);
  finish(directory, memory, context);
  const judgement = judgeRun(memory, summary.result);
  if (judgement === 'as-before') return undefined;
  const letter =
    judgement === 'broke'
      ? brokenLetter(summary, context)
      : memory.broken && fixedLetter(summary, memory.broken, context);
  const broken = judgement === 'broke' ? toldBy(summary, letter) : undefined;
  const next: Memory = {
    ...(broken !== undefined && { broken }),
    ...(letter !== undefined && { letter: nameOf(letter) }),
  };
  ensureDirectory(directory);
  if (letter !== undefined) {
    replaceAtomically(join(directory, nameOf(letter)), textOfFresh(letter, context.now(), untilOf(context)), 0o660);
    context.step?.('written');
  }
  replaceAtomically(join(directory, MEMORY), recordText(REMEMBERED, next, 2), 0o660);
  context.step?.('remembered');
  post(directory, next, context);
  return letter;
}

const MEMORY = 'memory.json';

/** Step 3 of a run that died before it, and what one has left that died before step 2. */
function finish(directory: string, memory: Memory, context: BreakageContext): void {
  post(directory, memory, context);
  removeAbandoned(directory, context.now().getTime());
  for (const name of namesIn(directory)) if (isLetterName(name)) rmSync(join(directory, name), { force: true });
}

function post(directory: string, { letter }: Memory, { spool, step }: BreakageContext): void {
  if (letter === undefined) return;
  try {
    renameSync(join(directory, letter), join(spool, letter));
    step?.('posted');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function untilOf({ collectMs, now }: BreakageContext): Date | undefined {
  return collectMs > 0 ? new Date(now().getTime() + collectMs) : undefined;
}

function toldBy({ stamp, ended }: RunSummary, letter: Letter | undefined): Told {
  const { to = [], cc = [], id } = letter ?? {};
  return { stamp, since: ended.toISOString(), to, cc, ...(id !== undefined && { letter: id }) };
}

/** What dashboards call a build may be any text. */
function directoryName(build: string): string {
  return isBuildName(build) ? build : `.${createHash('sha256').update(build).digest('hex').slice(0, 32)}`;
}

/** What cannot be read counts as forgotten: a mail too many is better than one too few. */
function readMemory(directory: string): Memory {
  try {
    return parseRecord(REMEMBERED, readRegularFile(join(directory, MEMORY), 1024 * 1024) ?? '') ?? GOOD;
  } catch {
    return GOOD;
  }
}
