import type { Build } from '../config/project.js';
import { pause } from '../host/pause.js';
import { readHistory } from '../stages/history.js';
import { LogFollower, type LogPiece } from '../stages/log-follower.js';
import { resultWords } from '../stages/result-words.js';
import { type ColourChoice, isColoured, painter } from '../text/colour.js';
import { logText } from '../text/log-text.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { stopSignal } from './stop-signal.js';

const LOOK_EVERY_MS = 250;

/**
 * `stagelock log BUILD --follow`: what the run in progress writes, from now until it ends, also of one that cron has started. Takes no lock, and
 * Ctrl-C ends this program only.
 */
export async function followRun(build: Build, colour: ColourChoice): Promise<void> {
  const follower = LogFollower.of(build);
  if (follower === undefined) {
    throw new Refusal(
      EXIT.failed,
      `no run of ${build.name} is in progress. Its past runs: stagelock log ${build.name}`,
    );
  }
  const stop = stopSignal();
  const paint = painter(isColoured(colour, process.stdout, process.env));
  let current: string | undefined;
  const show = ({ stage, text }: LogPiece): void => {
    if (stage !== current) process.stdout.write(`${paint('bold', `==> ${stage} <==`)}\n`);
    current = stage;
    process.stdout.write(logText(text));
  };
  while (!stop.signal.aborted && process.stdout.writable) {
    const isOver = follower.isOver();
    const piece = follower.read();
    if (piece !== undefined) show(piece);
    else if (isOver) {
      for (const rest of follower.rest()) show(rest);
      process.stdout.write(`${paint('bold', endText(build, follower.run))}\n`);
      return;
    } else await pause(LOOK_EVERY_MS, stop.signal);
  }
  if (stop.signal.aborted) process.exitCode = stop.exitCode();
}

function endText({ name, directory }: Build, run: string): string {
  const ended = readHistory(directory).runs.find((past) => past.run === run);
  if (ended?.ended === undefined) return `The run of ${name} has ended.`;
  return `The run of ${name} has ended: ${shown(resultWords(ended), 500)}.`;
}
