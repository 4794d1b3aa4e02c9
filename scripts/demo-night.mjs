// What `npm run demo:night` runs: an evening with one failing build, one stuck secondary and one skipped run, and the mails
// that people get of it.
//
// The repository, the compilers, the runs as cron starts them and the mails, which go to a sendmail that stores them, are
// real; only the pauses of ten minutes between the firings are left out. Shown is each mail as its reader sees it, and how
// many plain cron would have sent. Exits with 1 if something did not go as claimed. `--keep` keeps the directory.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Clock } from '../demo/clock.mjs';
import { endOfDemo } from '../demo/end.mjs';
import { checkClaims } from '../demo/night/claims.mjs';
import { Crontab } from '../demo/night/crontab.mjs';
import { Evening } from '../demo/night/evening.mjs';
import { Mailbox } from '../demo/night/mailbox.mjs';
import { NightReport } from '../demo/night/report.mjs';
import { makeWorld } from '../demo/night/world.mjs';
import { Witness } from '../demo/observers.mjs';
import { missingPrograms } from '../demo/world.mjs';

/** Only a night that hangs gets here. */
const TIME_LIMIT = 120;

const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
const report = new NightReport(process.stdout);

async function main() {
  const missing = missingPrograms();
  if (missing.length > 0) {
    process.stderr.write(`The demo needs ${missing.join(', ')}.\n`);
    return 1;
  }
  // The real path, because that is what git and stagelock print.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'stagelock-night-')));
  const end = endOfDemo(TIME_LIMIT, print);
  let good = false;
  try {
    good = await demonstrate(root, end.signal);
  } catch (error) {
    // The interrupt key of a terminal ends a git of ours, too.
    if (end.interruptedBy() === undefined) throw error;
  } finally {
    end.forget();
    if (!keep && (good || end.interruptedBy() !== undefined)) rmSync(root, { recursive: true, force: true });
    else print(`Everything is still in ${root}`);
  }
  const interruptedBy = end.interruptedBy();
  return interruptedBy === undefined ? Number(!good) : 128 + constants.signals[interruptedBy];
}

/** Lets the evening happen and tells of it. Returns whether all claims held. */
async function demonstrate(root, signal) {
  const clock = new Clock(signal);
  const world = await makeWorld(root);
  const witness = new Witness(world, clock);
  const crontab = new Crontab(world, clock);
  const mailbox = new Mailbox(world, clock);
  const show = (at, who, text) => print(report.happened(at, clock.now(), who, text));
  const evening = new Evening(world, { clock, witness, crontab, mailbox, show });
  signal.addEventListener('abort', () => crontab.endRuns());
  print(`One primary (${world.primary}), two secondaries (${world.secondaries.join(', ')}).\nDirectory: ${root}`);
  print(`In the crontab, for each build, every ten minutes:\n  ${crontab.line(world.primary)}`);
  print('The times are those of the story, the seconds are real; runs of one real minute share their logs.\n');
  try {
    await evening.play();
    if (signal.aborted) return false;
    witness.read();
    return tell(evening, checkClaims(evening, witness.events), clock);
  } finally {
    await crontab.endRuns();
    witness.close();
  }
}

/** Prints the mails and says whether every claim held. */
function tell(evening, claims, clock) {
  print(report.heading('THE MAILS, in the order in which they came').trimEnd());
  for (const [index, mail] of evening.mails.entries()) print(report.mail(mail, index + 1));
  print(report.heading('BEFORE AND AFTER') + report.comparison(evening));
  print(report.heading('CLAIMS') + claims.map((claim) => report.claim(claim)).join('\n'));
  const failed = claims.filter(({ problem }) => problem !== undefined).length;
  const all = failed === 0 ? 'All of it held' : `${failed} of ${claims.length} claims did not hold`;
  print(`\n${all}, after ${clock.now().toFixed(1)} s.`);
  return failed === 0;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
