// What `npm run demo:hosts` runs: three hosts that share no directory, only a network, and coordinate by etcd, in about a minute and a half.
//
// The hosts are namespaces of this machine, each with a network, a name, a boot id and a directory of its own, and with a real member of etcd.
// A primary on one of them records updates; four followers and a secondary on the others build them. One host loses its power in the
// middle of a build, the cable of another one is out for longer than its lease. Exits with 1 if a claim did not hold.
//
// All of it is in namespaces of the demo's own, whose first process ends when this one does, however that happens: then the kernel removes
// the processes, the networks and the mounts.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Clock } from '../demo/clock.mjs';
import { print, printClaims, runDemo } from '../demo/demonstration.mjs';
import { checkClaims } from '../demo/hosts/claims.mjs';
import { Play } from '../demo/hosts/play.mjs';
import { makeWorld } from '../demo/hosts/world.mjs';
import { Report } from '../demo/report.mjs';

/** Only a demo that hangs gets here. */
const TIME_LIMIT = 240;
/** Which says to the same script that it is inside. */
const INSIDE = '--inside';

/** Its first process waits for all others that have lost their parents. */
const REAPER = 'exec 3<&0; "$@" <&3 & wait $!';

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];

/** @returns {string[]} what this machine lacks, each as a part of a sentence */
function missing() {
  if (process.platform !== 'linux') return ['Linux'];
  // In a namespace of users all that belongs to the real root is of user 65534, and stagelock trusts no configuration below it.
  if (process.getuid() !== 0) return ['root'];
  const programs = ['etcd', 'etcdctl', 'ip', 'unshare', 'nsenter', 'hostname'].filter(
    (name) => spawnSync(name, [name === 'ip' ? '-V' : name === 'etcdctl' ? 'version' : '--version']).error,
  );
  if (programs.length > 0) return programs;
  if (spawnSync('git', ['daemon', '--help-of-no-such-option']).stderr.includes('is not a git command'))
    return ['git daemon'];
  const probe = 'ip link add probe type bridge && ip link add one type veth peer name two && hostname probe';
  const { status, stderr } = spawnSync('unshare', ['--uts', ...NAMESPACES, 'sh', '-c', probe], {
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`networks and namespaces (${stderr.trim().split('\n')[0]})`];
}

/** Starts the demo inside, and waits for it. */
async function demonstrate(root, { signal }) {
  const script = [process.execPath, fileURLToPath(import.meta.url), INSIDE, root];
  // detached: the interrupt key of the terminal shall reach only this process.
  const child = spawn('unshare', [...NAMESPACES, 'sh', '-c', REAPER, 'sh', ...script], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  // The end of its input ends it, also when this process is killed.
  signal.addEventListener('abort', () => child.stdin.end());
  child.stdin.on('error', () => undefined);
  const [code] = await once(child, 'close');
  return code === 0;
}

async function perform(root) {
  const report = new Report(process.stdout);
  const clock = new Clock(new AbortController().signal);
  print(`Three hosts, a primary on one of them, four followers and a secondary on the others.\nDirectory: ${root}\n`);
  const world = await makeWorld(root);
  const play = new Play(world, clock, (who, text) => print(report.live(clock.now(), who, text)));
  await play.perform();
  const claims = await checkClaims(world, play);
  const failed = printClaims(report, claims);
  const all = failed === 0 ? 'All of it held' : `${failed} of ${claims.length} claims did not hold`;
  print(`\n${all}, after ${clock.now().toFixed(1)} s.`);
  return failed === 0 ? 0 : 1;
}

if (process.argv[2] === INSIDE) {
  process.stdin.on('end', () => process.exit(1)).resume();
  process.exit(await perform(process.argv[3]));
}
const lacks = missing();
if (lacks.length > 0) {
  print(`Not shown, because this machine lacks: ${lacks.join(', ')}.`);
  process.exit(0);
}
process.exitCode = await runDemo('demo-hosts', TIME_LIMIT, demonstrate);
