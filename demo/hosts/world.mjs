// The world of the demo of hosts: three hosts in one network, each with its own directory, a member of etcd on each, and a repository on
// the first one, which the others fetch from over that network.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STAGELOCK } from '../world.mjs';
import { Machine, makeSwitch, within } from './machine.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export const PREFIX = '/stagelock/Hosts';
/** In seconds. */
export const LEASE = 10;
/** How many files a source tree has that all say the same number. */
const PARTS = 20;

/** Each build: where it runs, and its source there. */
export const BUILDS = [
  { build: 'trunk', host: 'anna', source: 'source' },
  { build: 'ben-gcc', host: 'ben', source: 'source', follows: 'trunk' },
  { build: 'ben-fast', host: 'ben', source: 'source', primary: 'ben-gcc' },
  { build: 'ben-clang', host: 'ben', source: 'second-source', follows: 'trunk' },
  { build: 'cleo-gcc', host: 'cleo', source: 'source', follows: 'trunk' },
  { build: 'cleo-clang', host: 'cleo', source: 'second-source', follows: 'trunk' },
];
export const PRIMARY = BUILDS[0];
const NAMES = ['anna', 'ben', 'cleo'];

/** The names of the builds of a host that stand in etcd. */
export function followersOf(host) {
  return BUILDS.filter((each) => each.host === host && each.follows !== undefined).map(({ build }) => build);
}

/** Makes all of it below an empty directory, and boots the hosts. */
export async function makeWorld(root) {
  const environment = environmentOf(root);
  const machines = NAMES.map((name, index) => new Machine(root, name, `10.77.0.${index + 1}`, environment));
  const world = { root, machines, host: (name) => machines.find((machine) => machine.name === name) };
  for (const machine of machines) furnish(world, machine);
  const [anna] = machines;
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(anna.directory, 'origin.git')]);
  await makeSwitch();
  await Promise.all(machines.map((machine) => machine.build()));
  for (const machine of machines) startMember(world, machine);
  serveRepository(world);
  await push(world, 1);
  await Promise.all(machines.map((machine) => checkOut(world, machine)));
  await within('a cluster of etcd', async () => (await etcdctl(anna, 'endpoint', 'health')).code === 0, 30);
  return world;
}

/** Powers a host on again. */
export function bootAgain(world, machine) {
  machine.powerOn();
  startMember(world, machine);
}

/** Commits a number, in every file of the source. */
export async function push(world, number) {
  const log = `change ${number}`;
  const files = Array.from({ length: PARTS }, (_, i) => [
    `M 100644 inline part-${String(i).padStart(2, '0')}`,
    `data ${String(number).length + 1}`,
    `${number}\n`,
  ]);
  const lines = [
    'commit refs/heads/main',
    `committer Dev Eloper <dev@example.org> ${Math.floor(Date.now() / 1000)} +0000`,
    `data ${log.length}`,
    log,
    ...(number > 1 ? ['from refs/heads/main^0'] : []),
    ...files.flat(),
  ];
  const import_ = ['--git-dir=origin.git', 'fast-import', '--quiet', '--force'];
  await world.machines[0].must('git', import_, `${lines.join('\n')}\n`);
}

export function etcdctl(machine, ...args) {
  return machine.run('etcdctl', ['--endpoints=http://127.0.0.1:2379', ...args]);
}

/** All keys of the project, as a member says it. @returns {Promise<{revision: number, keys: {key, value, changed: number}[]}>} */
export async function keysOf(machine) {
  const { code, stdout, stderr } = await etcdctl(machine, 'get', '--prefix', `${PREFIX}/`, '-w', 'json');
  if (code !== 0) throw new Error(`etcdctl on ${machine.name}: ${stderr}`);
  const { header, kvs = [] } = JSON.parse(stdout);
  const text = (base64 = '') => Buffer.from(base64, 'base64').toString();
  return {
    revision: header.revision,
    keys: kvs.map(({ key, value, mod_revision: changed }) => ({
      key: text(key).slice(PREFIX.length + 1),
      value: text(value),
      changed,
    })),
  };
}

export function stagelock(machine, ...args) {
  return machine.run(process.execPath, [STAGELOCK, ...args]);
}

function furnish(world, machine) {
  for (const name of ['tmp', 'updates', 'builds']) mkdirSync(join(machine.directory, name));
  cpSync(join(here, 'bin'), join(machine.directory, 'bin'), { recursive: true });
  writeFileSync(join(machine.directory, 'name'), `${machine.name}\n`);
  writeFileSync(join(machine.directory, 'witness.log'), '');
  writeFileSync(join(machine.directory, 'stagelock.toml'), configuration(world, machine));
}

function configuration({ machines }, { name }) {
  const endpoints = machines.map(({ address }) => `http://${address}:2379`);
  return `[project]
name = "Hosts"
site = "${name}"

[coordination]
etcd = ${JSON.stringify(endpoints)}
prefix = "${PREFIX}"
lease = "${LEASE} s"
request_timeout = "2 s"
host = "${name}"

[defaults]
update_timeout = "5 s"
when_secondaries_build = "wait"
secondaries_timeout = "3 s"
grace = "2 s"

[defaults.stages.build]
command = ["stage"]
${BUILDS.filter(({ host }) => host === name)
  .map(tableOf)
  .join('')}`;
}

function tableOf({ build, source, follows, primary }) {
  const own = primary === undefined ? `source = "${source}"\nupdate = { branch = "main" }` : `primary = "${primary}"`;
  return `
[builds.${build}]
directory = "builds/${build}"
${own}
${follows === undefined ? '' : `follows = "${follows}"\n`}`;
}

function startMember({ machines }, machine) {
  const url = (port) => `http://${machine.address}:${port}`;
  const cluster = machines.map(({ name, address }) => `${name}=http://${address}:2380`).join(',');
  machine.serve('etcd', [
    ...['--name', machine.name, '--data-dir', 'etcd', '--log-level', 'error'],
    ...['--listen-client-urls', `${url(2379)},http://127.0.0.1:2379`, '--advertise-client-urls', url(2379)],
    ...['--listen-peer-urls', url(2380), '--initial-advertise-peer-urls', url(2380)],
    ...['--initial-cluster', cluster, '--initial-cluster-token', 'demo-hosts', '--initial-cluster-state', 'new'],
    ...['--heartbeat-interval', '200', '--election-timeout', '2000', '--pre-vote'],
  ]);
}

function serveRepository({ root, machines: [anna] }) {
  anna.serve('git', ['daemon', '--reuseaddr', `--listen=${anna.address}`, '--export-all', `--base-path=${root}`, root]);
}

async function checkOut({ machines }, machine) {
  const [anna] = machines;
  const url = machine === anna ? 'origin.git' : `git://${anna.address}/origin.git`;
  const sources = BUILDS.filter(({ host }) => host === machine.name).map(({ source }) => source);
  for (const source of new Set(sources)) {
    const clone = async () => (await machine.run('git', ['clone', '--quiet', url, source])).code === 0;
    await within(`a clone on ${machine.name}`, clone);
  }
}

/** What cron gives, and what the programs `git`, `say` and `stage` need. Nothing of a terminal, or of the git configuration of this machine. */
function environmentOf(root) {
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  return {
    HOME: root,
    LOGNAME: 'demo',
    SHELL: '/bin/sh',
    PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}`,
    TMPDIR: join(root, 'tmp'),
    DEMO: root,
    DEMO_GIT: git,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GOMAXPROCS: '2',
  };
}
