// A process that runs builds as `stagelock run` does, on command of a test, and can kill itself with SIGKILL right after
// a named step. Every step is first appended to an event file, so that the test knows how far a killed run had come.
//
// Messages in:  { build, killAt?: { step, occurrence } }       Messages out: { result } or { error }
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { loadProject, run, thisHost } from '../../dist/index.js';

const [configFile, eventFile] = process.argv.slice(2);
const loaded = loadProject(configFile, { hostname: 'test' });
if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));

process.on('message', async ({ build, killAt }) => {
  const id = randomBytes(8).toString('hex');
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGTERM', stop);
  let seen = 0;
  const note = (what) =>
    appendFileSync(eventFile, `${JSON.stringify({ build, run: id, pid: process.pid, at: Date.now(), ...what })}\n`);
  try {
    const result = await run(loaded.project.builds.get(build), {
      host: thisHost(),
      now: () => new Date(),
      configFile,
      user: 'test',
      command: `run-worker ${build}`,
      run: id,
      environment: process.env,
      signal: controller.signal,
      report: (event) => {
        if (event.kind === 'warning') note({ warning: event.text });
      },
      step: (step) => {
        note({ step });
        if (step !== killAt?.step || ++seen < killAt.occurrence) return;
        process.kill(process.pid, 'SIGKILL');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // until the signal arrives
      },
    });
    note({ result: result.kind });
    process.send({ result });
  } catch (error) {
    note({ error: String(error) });
    process.send({ error: String(error?.stack ?? error), code: error?.code });
  } finally {
    process.removeListener('SIGTERM', stop);
  }
});
process.send('ready');
