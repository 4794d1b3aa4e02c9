// What `npm run demo:night` runs: an evening with one failing build, one stuck secondary and one skipped run, and the mails
// that people get of it.
//
// The repository, the compilers, the runs as cron starts them and the mails, which go to a sendmail that stores them, are
// real; only the pauses of ten minutes between the firings are left out. Shown is each mail as its reader sees it, and how
// many plain cron would have sent. Exits with 1 if something did not go as claimed. `--keep` keeps the directory.
import { Clock } from '../demo/clock.mjs';
import { print, printClaims, runDemo } from '../demo/demonstration.mjs';
import { checkClaims } from '../demo/night/claims.mjs';
import { NightReport } from '../demo/night/report.mjs';
import { stageEvening } from '../demo/night/staged.mjs';
import { makeWorld } from '../demo/night/world.mjs';

/** Only a night that hangs gets here. */
const TIME_LIMIT = 120;

const report = new NightReport(process.stdout);

/** Lets the evening happen and tells of it. Returns whether all claims held. */
async function demonstrate(root, { signal }) {
  const clock = new Clock(signal);
  const world = await makeWorld(root);
  const show = (at, who, text) => print(report.happened(at, clock.now(), who, text));
  const { evening, witness, crontab, end } = stageEvening(world, clock, signal, show);
  print(`One primary (${world.primary}), two secondaries (${world.secondaries.join(', ')}).\nDirectory: ${root}`);
  print(`In the crontab, for each build, every ten minutes:\n  ${crontab.line(world.primary)}`);
  print('The times are those of the story, the seconds are real; runs of one real minute share their logs.\n');
  try {
    await evening.play();
    if (signal.aborted) return false;
    witness.read();
    return tell(evening, checkClaims(evening, witness.events), clock);
  } finally {
    await end();
  }
}

/** Prints the mails and says whether every claim held. */
function tell(evening, claims, clock) {
  print(report.heading('THE MAILS, in the order in which they came').trimEnd());
  for (const [index, mail] of evening.mails.entries()) print(report.mail(mail, index + 1));
  print(report.heading('BEFORE AND AFTER') + report.comparison(evening));
  const failed = printClaims(report, claims);
  const all = failed === 0 ? 'All of it held' : `${failed} of ${claims.length} claims did not hold`;
  print(`\n${all}, after ${clock.now().toFixed(1)} s.`);
  return failed === 0;
}

process.exitCode = await runDemo('night', TIME_LIMIT, demonstrate);
