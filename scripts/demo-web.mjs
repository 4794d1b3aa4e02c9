// What `npm run demo:web` runs: the evening of `npm run demo:night` up to where one build is broken, another one is stuck and the
// primary is skipped, with the pages of `stagelock web` to look at. They are open from the beginning, so that a browser shows how it
// comes about. With Enter a person mends it, as the mails say; Ctrl-C ends everything. `--port N` chooses the port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Clock } from '../demo/clock.mjs';
import { print, runDemo } from '../demo/demonstration.mjs';
import { NightReport } from '../demo/night/report.mjs';
import { stageEvening } from '../demo/night/staged.mjs';
import { makeWorld } from '../demo/night/world.mjs';
import { STAGELOCK } from '../demo/world.mjs';

/** In seconds; a reader is done before. */
const TIME_LIMIT = 24 * 60 * 60;

const report = new NightReport(process.stdout);

/** Lets the evening happen while its pages are served. */
async function demonstrate(root, { signal }, { port }) {
  const world = await makeWorld(root);
  const clock = new Clock(signal);
  const show = (at, who, text) => print(report.happened(at, clock.now(), who, text));
  const { evening, end } = stageEvening(world, clock, signal, show);
  const server = spawn(process.execPath, [STAGELOCK, '--config', world.config, 'web', '--port', port], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // the interrupt key ends the demo, which ends the server
  });
  const ended = once(server, 'close');
  try {
    const [url] = await Promise.race([once(server.stdout.setEncoding('utf8'), 'data'), ended.then(() => [undefined])]);
    if (url === undefined) return false;
    print(`Pages: ${url.trim()}\nThe evening in one picture: ${url.trim()}p/Words/timeline?minutes=5\n`);
    await evening.goWrong();
    if (signal.aborted) return true;
    print('\nOne build is broken, one is stuck, the primary is skipped. Enter mends it as the mails say, Ctrl-C ends.');
    if (await enter(signal)) {
      await evening.recover();
      print('\nAll is well again. Ctrl-C ends.');
    }
    await aborted(signal);
    return true;
  } finally {
    server.kill();
    await ended;
    await end();
  }
}

/** Whether a person pressed Enter before the end. */
async function enter(signal) {
  const lines = createInterface({ input: process.stdin });
  const pressed = await Promise.race([once(lines, 'line').then(() => true), aborted(signal).then(() => false)]);
  lines.close();
  return pressed;
}

async function aborted(signal) {
  if (!signal.aborted) await once(signal, 'abort');
}

process.exitCode = await runDemo('web', TIME_LIMIT, demonstrate, { port: { type: 'string', default: '8417' } });
