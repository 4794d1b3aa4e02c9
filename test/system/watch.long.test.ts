import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { because, canMount } from '../locks/processes.js';
import { until } from '../support/until.js';
import { missing, Running, STAGELOCK, stagelock } from './programs.js';
import { count, type MailedWorld, Scheduled } from './scheduled.js';

const scheduled = new Scheduled();
afterEach(() => scheduled.remove());

/** A world whose build is watched by a running scheduler. */
async function watching(watch: string, prepare: (root: string) => void, quiet = '100 ms') {
  const world = scheduled.watched({ primary: `watch = ["${watch}"]\nquiet = "${quiet}"`, secondaries: [] });
  prepare(world.root);
  const scheduler = await scheduled.schedule(world);
  // What was made just now, and so may be run once at the start.
  await settled(scheduler);
  return { world, scheduler };
}

const begun = (scheduler: Running): number => count(scheduler.output, /main: started/);
const ended = (scheduler: Running): number => count(scheduler.output, /main: ended/);

async function settled(scheduler: Running): Promise<void> {
  await sleep(400);
  await until(
    () => `the end of what runs: ${scheduler.output}`,
    () => count(scheduler.output, /: started/) === count(scheduler.output, /: ended/),
  );
}

/** @returns how many runs an act has led to, after at least one */
async function runsAfter(scheduler: Running, act: () => void): Promise<number> {
  const before = ended(scheduler);
  act();
  await until(
    () => `a run after ${before}: ${scheduler.output}`,
    () => ended(scheduler) > before,
    15_000,
  );
  await settled(scheduler);
  return ended(scheduler) - before;
}

const git = (directory: string, ...words: string[]): void => {
  execFileSync('git', ['-C', directory, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...words], {
    stdio: 'ignore',
  });
};
const write = (...path: string[]): void => writeFileSync(join(...path), `${performance.now()}`);
const replace = (...path: string[]): void => {
  write(`${join(...path)}.new`);
  renameSync(`${join(...path)}.new`, join(...path));
};
const make = (...path: string[]): void => void mkdirSync(join(...path), { recursive: true });
const remove = (...path: string[]): void => rmSync(join(...path), { recursive: true });
const link = (to: string, ...path: string[]): void => symlinkSync(to, join(...path));
/** As `ln -sfn` does. */
const relink = (to: string, ...path: string[]): void => {
  unlinkSync(join(...path));
  symlinkSync(to, join(...path));
};
/** As deployments do, in one step. */
const swap = (to: string, ...path: string[]): void => {
  symlinkSync(to, `${join(...path)}.new`);
  renameSync(`${join(...path)}.new`, join(...path));
};

interface Case {
  readonly what: string;
  readonly watch: string;
  readonly quiet?: string;
  readonly prepare: (root: string) => void;
  /** Each leads to one run. */
  readonly acts: readonly ((root: string) => void)[];
}

const NAMES: readonly Case[] = [
  {
    what: 'a directory that is removed and made again',
    watch: 'in',
    prepare: (root) => {
      make(root, 'in/sub');
      write(root, 'in/sub/a');
    },
    acts: [
      (root) => {
        remove(root, 'in');
        make(root, 'in/sub');
      },
      (root) => write(root, 'in/sub/a'),
      (root) => write(root, 'in/b'),
    ],
  },
  {
    what: 'a directory below it that is removed and made again at once',
    watch: 'in',
    prepare: (root) => {
      make(root, 'in/sub');
      write(root, 'in/sub/a');
    },
    acts: [
      (root) => {
        remove(root, 'in/sub');
        make(root, 'in/sub/deep');
      },
      (root) => write(root, 'in/sub/deep/a'),
      (root) => write(root, 'in/sub/deep/a'),
    ],
  },
  {
    what: 'a fresh clone',
    watch: 'clone',
    quiet: '1 s',
    prepare: (root) => git(root, 'clone', 'upstream.git', 'clone'),
    acts: [
      (root) => {
        remove(root, 'clone');
        git(root, 'clone', 'upstream.git', 'clone');
      },
      (root) => write(root, 'clone/latest'),
      (root) => write(root, 'clone/latest'),
    ],
  },
  {
    what: 'a link to a file that changes, and leads elsewhere',
    watch: 'current',
    prepare: (root) => {
      make(root, 'releases');
      write(root, 'releases/1');
      write(root, 'releases/2');
      link('releases/1', root, 'current');
    },
    acts: [
      (root) => write(root, 'releases/1'),
      (root) => replace(root, 'releases/1'),
      (root) => relink('releases/2', root, 'current'),
      (root) => write(root, 'releases/2'),
      (root) => swap('releases/1', root, 'current'),
      (root) => write(root, 'releases/1'),
    ],
  },
  {
    what: 'a link to a directory that changes, and leads elsewhere',
    watch: 'current',
    prepare: (root) => {
      for (const name of ['1', '2']) make(root, 'releases', name, 'sub');
      link('releases/1', root, 'current');
    },
    acts: [
      (root) => write(root, 'releases/1/sub/a'),
      (root) => swap('releases/2', root, 'current'),
      (root) => write(root, 'releases/2/sub/a'),
      (root) => write(root, 'releases/2/sub/a'),
    ],
  },
  {
    what: 'a file behind two links, the first of which leads elsewhere, as Kubernetes has it',
    watch: 'volume/file',
    prepare: (root) => {
      for (const name of ['..1', '..2']) {
        make(root, 'volume', name);
        write(root, 'volume', name, 'file');
      }
      link('..1', root, 'volume/..data');
      link('..data/file', root, 'volume/file');
    },
    acts: [
      (root) => swap('..2', root, 'volume/..data'),
      (root) => {
        make(root, 'volume/..3');
        write(root, 'volume/..3/file');
        swap('..3', root, 'volume/..data');
        remove(root, 'volume/..2');
      },
    ],
  },
  {
    what: 'a file whose directories are made later, one by one',
    watch: 'a/b/c/pushed',
    prepare: () => undefined,
    acts: [
      (root) => {
        make(root, 'a');
        make(root, 'a/b/c');
        write(root, 'a/b/c/pushed');
      },
      (root) => write(root, 'a/b/c/pushed'),
      (root) => {
        remove(root, 'a');
        make(root, 'a/b/c');
        write(root, 'a/b/c/pushed');
      },
      (root) => replace(root, 'a/b/c/pushed'),
    ],
  },
  {
    what: 'a file whose grandparent is renamed and made anew',
    watch: 'a/b/pushed',
    prepare: (root) => {
      make(root, 'a/b');
      write(root, 'a/b/pushed');
    },
    acts: [
      (root) => {
        renameSync(join(root, 'a'), join(root, 'old'));
        make(root, 'a/b');
        write(root, 'a/b/pushed');
      },
      (root) => write(root, 'a/b/pushed'),
    ],
  },
  {
    what: 'a file that is replaced by renaming, as editors and git do',
    watch: 'pushed',
    prepare: (root) => write(root, 'pushed'),
    acts: [(root) => replace(root, 'pushed'), (root) => replace(root, 'pushed'), (root) => write(root, 'pushed')],
  },
  {
    what: 'a file in a directory that its owner may not read',
    watch: 'in',
    prepare: (root) => {
      make(root, 'in');
      write(root, 'in/a');
      chmodSync(join(root, 'in/a'), 0o200);
    },
    acts: [(root) => write(root, 'in/a'), (root) => write(root, 'in/a')],
  },
  {
    what: 'the administrative directory of another repository',
    watch: 'other/.git',
    prepare: (root) => {
      git(root, 'init', 'other');
      git(join(root, 'other'), 'commit', '--allow-empty', '--message=x');
    },
    acts: [(root) => git(join(root, 'other'), 'commit', '--allow-empty', '--message=y')],
  },
];

describe('what is watched is what the path names now:', () => {
  test.each(NAMES)('$what', async ({ watch, quiet, prepare, acts }) => {
    const { world, scheduler } = await watching(watch, prepare, quiet);
    for (const act of acts) expect(await runsAfter(scheduler, () => act(world.root))).toBe(1);
    expect(world.mailbox.mails).toEqual([]);
  });

  test('what a link has led to before is not watched any more', async () => {
    const { world, scheduler } = await watching('current', (root) => {
      for (const name of ['1', '2']) make(root, 'releases', name);
      link('releases/1', root, 'current');
    });
    await runsAfter(scheduler, () => swap('releases/2', world.root, 'current'));
    const before = begun(scheduler);
    write(world.root, 'releases/1/a');
    await settled(scheduler);
    expect(begun(scheduler)).toBe(before);
  });

  test.each([
    ['the directory of its refs', 'upstream.git/refs/heads'],
    ['a branch', 'upstream.git/refs/heads/main'],
    ['a branch with a directory of its own', 'upstream.git/refs/heads/feature/x'],
  ])('%s of a bare repository, whatever git packs', async (_, watch) => {
    const branch = watch.endsWith('x') ? 'feature/x' : 'main';
    const push = (root: string): void => {
      git(join(root, 'mine'), 'commit', '--allow-empty', '--message=x');
      git(join(root, 'mine'), 'push', 'origin', `HEAD:${branch}`);
    };
    const { world, scheduler } = await watching(watch, (root) => {
      git(root, 'clone', 'upstream.git', 'mine');
      push(root);
    });
    const { root } = world;
    for (const words of [['status'], ['pack-refs', '--all', '--prune'], ['gc', '--prune=now'], ['status']]) {
      git(
        join(root, 'upstream.git'),
        ...words.filter((word) => word !== 'status'),
        ...(words[0] === 'status' ? ['rev-parse', 'HEAD'] : []),
      );
      await settled(scheduler);
      expect(await runsAfter(scheduler, () => push(root))).toBe(1);
    }
  });

  test('a directory that two builds watch and that is made again', async () => {
    const world = scheduled.watched(
      { primary: 'watch = ["in"]\nquiet = "100 ms"', secondaries: [] },
      `[builds.other]\nsource = "elsewhere"\ndirectory = "other"\nwatch = ["in", "in/sub"]\nquiet = "100 ms"\n`,
    );
    make(world.root, 'elsewhere');
    make(world.root, 'in/sub');
    const scheduler = await scheduled.schedule(world);
    await settled(scheduler);
    for (let round = 1; round <= 2; round++) {
      remove(world.root, 'in');
      make(world.root, 'in/sub');
      await sleep(1000);
      const before = [/main: ended/, /other: ended/].map((pattern) => count(scheduler.output, pattern));
      write(world.root, 'in/sub/a');
      await until(
        () => `both ${scheduler.output}`,
        () =>
          [/main: ended/, /other: ended/].every(
            (pattern, index) => count(scheduler.output, pattern) > (before[index] ?? 0),
          ),
      );
      await settled(scheduler);
    }
  });

  test.skipIf(!canMount)(`what is mounted there later${because(canMount, 'cannot mount')}`, async () => {
    const { world, scheduler } = await watching('mnt/in', (root) => make(root, 'mnt'));
    const mnt = join(world.root, 'mnt');
    const mount = (): void => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', mnt]);
    try {
      await runsAfter(scheduler, () => {
        mount();
        make(mnt, 'in');
      });
      expect(await runsAfter(scheduler, () => write(mnt, 'in/a'))).toBe(1);
    } finally {
      execFileSync('umount', ['-l', mnt]);
    }
  });
});

const noClock = missing('debugfs') ?? missing('mkfs.ext4');

test.skipIf(!canMount || noClock !== undefined)(
  `a file that was touched by a clock that was ahead is seen when it is touched by the right one${noClock ?? because(canMount, 'cannot mount')}`,
  async () => {
    let mount = '';
    try {
      const { world, scheduler } = await watching('mnt/pushed', (root) => {
        const image = join(root, 'image');
        writeFileSync(image, Buffer.alloc(8 << 20));
        execFileSync('mkfs.ext4', ['-q', image]);
        execFileSync('debugfs', ['-w', '-R', `write ${join(root, 'stagelock.toml')} pushed`, image], {
          stdio: 'ignore',
        });
        const future = `${new Date().getFullYear() + 3}0101000000`;
        execFileSync('debugfs', ['-w', '-R', `set_inode_field pushed ctime ${future}`, image], { stdio: 'ignore' });
        make(root, 'mnt');
        mount = join(root, 'mnt');
        execFileSync('mount', ['-o', 'loop', image, mount]);
      });
      expect(statSync(join(mount, 'pushed')).ctimeMs).toBeGreaterThan(Date.now());
      for (let round = 0; round < 2; round++) {
        expect(await runsAfter(scheduler, () => write(mount, 'pushed'))).toBe(1);
      }
      expect(world.mailbox.mails).toEqual([]);
    } finally {
      if (mount !== '') execFileSync('umount', ['-l', mount]);
    }
  },
);

describe('a project inside what it watches', () => {
  /** The configuration, the build directories, the logs and the state of the schedulers are all in the source. */
  async function inside(options: { readonly update?: boolean; readonly tables?: string } = {}) {
    const { update = true, tables = '' } = options;
    const world = scheduled.watched({ secondaries: [] });
    const config = join(world.source, 'stagelock.toml');
    writeFileSync(
      config,
      `[project]\nname = "inside"\n[defaults]\nsource = "."\n[defaults.stages.build]\ncommand = ["true"]\n
[builds.main]\ndirectory = "out/main"\nwatch = ["."]\nquiet = "100 ms"\n
${update ? '[builds.main.update]\ntype = "git"\nbranch = "main"\n' : ''}
[builds.other]\nprimary = "main"\ndirectory = "other"\nwatch = ["."]\nquiet = "100 ms"\n${tables}`,
    );
    const scheduler = await scheduled.schedule(world, { STAGELOCK_CONFIG: config });
    await settled(scheduler);
    return { world, scheduler, config };
  }

  test('is not roused by its own builds, logs and state', async () => {
    const { world, scheduler } = await inside();
    await runsAfter(scheduler, () => write(world.source, 'mine'));
    await sleep(1500);
    expect(begun(scheduler)).toBe(1);
    expect(count(scheduler.output, /other: started/)).toBe(1);
  });

  test('nor when something else updates its source, so that it builds each time', async () => {
    const { world, scheduler } = await inside({ update: false });
    await runsAfter(scheduler, () => write(world.source, 'mine'));
    await sleep(1500);
    expect(begun(scheduler)).toBe(1);
  });

  test('its own update moves the source, which leads to one more run that finds no news', async () => {
    const { world, scheduler } = await inside();
    world.commit(1);
    await runsAfter(scheduler, () => write(world.source, 'mine'));
    await sleep(1500);
    expect(begun(scheduler)).toBeLessThanOrEqual(2);
    expect(count(scheduler.output, /other: started/)).toBeLessThanOrEqual(2);
  });

  test('nor by what the scheduler itself writes there: its standard output is a file in the source', async () => {
    const { world, scheduler: first, config } = await inside();
    first.kill('SIGTERM');
    await first.ended;
    const output = join(world.source, 'schedule.out');
    const command = `exec "$0" "$@" > '${output}' 2>&1`;
    const scheduler = new Running(
      spawn('sh', ['-c', command, process.execPath, STAGELOCK, 'schedule'], {
        cwd: world.root,
        env: { ...world.environment, STAGELOCK_CONFIG: config },
        stdio: 'ignore',
      }),
    );
    scheduled.add(scheduler);
    const said = (): string => readFileSync(output, 'utf8');
    await until('the scheduler', () => existsSync(output) && /main: /.test(said()));
    await sleep(500);
    write(world.source, 'mine');
    await until('a run', () => count(said(), /main: ended/) > 0, 15_000);
    await sleep(1500);
    expect(count(said(), /main: started/)).toBeLessThanOrEqual(2); // the file itself is new, at first
    const before = count(said(), /: started/);
    await sleep(1500);
    expect(count(said(), /: started/)).toBe(before);
  });

  test('nor by editors, while nothing is saved', async () => {
    const { world, scheduler } = await inside();
    for (const name of [
      '.latest.swp',
      'latest~',
      '.#latest',
      '#latest#',
      '4913',
      '.main.log.swp',
      'main.log.1',
      'other.log.old.gz',
    ]) {
      write(world.source, name);
    }
    await settled(scheduler);
    expect(begun(scheduler)).toBe(0);
    await runsAfter(scheduler, () => replace(world.source, 'latest'));
  });

  test('SIGHUP makes the directory of a build that is new one of its own, and that of a build that is gone a strange one', async () => {
    const { world, scheduler, config } = await inside();
    appendFileSync(config, '[builds.new]\nprimary = "main"\ndirectory = "new"\n');
    scheduler.kill('SIGHUP');
    await scheduler.untilOutput(/reloaded the configuration/);
    await settled(scheduler);
    const before = begun(scheduler);
    make(world.source, 'new/Testing');
    write(world.source, 'new/a');
    write(world.source, 'new.log');
    await settled(scheduler);
    expect(begun(scheduler)).toBe(before);
    await runsAfter(scheduler, () => write(world.source, 'mine'));
  });

  test('SIGHUP in the quiet after a change loses it not', async () => {
    const { world, scheduler } = await watching('source', () => undefined, '2 s');
    write(world.source, 'mine');
    await sleep(500);
    appendFileSync(world.configFile, '[builds.new]\nprimary = "main"\ndirectory = "new"\n');
    scheduler.kill('SIGHUP');
    await until(
      () => `a run ${scheduler.output}`,
      () => ended(scheduler) === 1,
    );
  });
});

test.each([
  ['the directory of another build', 's1'],
  ['a file in it that is not there yet', 's1/Testing/Updates/cursors'],
  ['the log of a build', 'main.log'],
  ['the state of the schedulers, by another way', 'link/stagelock.state'],
  ['what each fetch of its own writes', 'source/.git/FETCH_HEAD'],
])('%s in `watch` is refused by check, with its line, and told by a scheduler, which goes on', async (_, path) => {
  const world = scheduled.watched({ primary: `watch = ["trigger", "${path}"]\nquiet = "100 ms"`, secondaries: ['s1'] });
  link('.', world.root, 'link');
  write(world.source, '.git/FETCH_HEAD');
  const complaint = `${join(world.root, path)} is written by the builds of this project themselves`;
  const checked = await stagelock(world, ['check']);
  expect(checked.code).toBe(2);
  expect(checked.stderr).toMatch(/^\S+stagelock\.toml:\d+: builds\.main\.watch\[1\]: /);
  expect(checked.stderr).toContain(complaint);
  const scheduler = await scheduled.schedule(world);
  write(world.root, 'trigger');
  await scheduler.untilOutput(/main: ended$/m);
  scheduler.kill('SIGTERM');
  expect((await scheduler.ended).stderr).toContain(`stagelock: main: ${complaint}`);
});

test('a branch of the source that its own updates move may be watched', async () => {
  const world = scheduled.watched({ primary: 'watch = ["source/.git/refs/heads"]', secondaries: [] });
  expect((await stagelock(world, ['check'])).code).toBe(0);
});

test('a stream of changes without a pause is reported once, with the file, and the build runs anyway', async () => {
  const { world, scheduler } = await watching('source', () => undefined);
  const writer = setInterval(() => appendFileSync(join(world.source, 'app.log'), 'x\n'), 20);
  try {
    await until(
      () => `two runs ${scheduler.output}`,
      () => ended(scheduler) >= 2,
      20_000,
    );
  } finally {
    clearInterval(writer);
  }
  await settled(scheduler);
  scheduler.kill('SIGTERM');
  const { stderr } = await scheduler.ended;
  expect(count(stderr, /has been changing/)).toBe(1);
  expect(stderr).toContain(join(world.source, 'app.log'));
});

const canLimit = (() => {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', 'sh', '-c', 'echo 9 > /proc/sys/user/max_inotify_watches'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canLimit)('where inotify has reached a limit', () => {
  test.each([
    ['max_inotify_watches', 9, 'fs.inotify.max_user_watches'],
    ['max_inotify_instances', 0, 'fs.inotify.max_user_instances'],
  ])('%s, it says so once and looks by itself', async (setting, limit, advice) => {
    const world: MailedWorld = scheduled.watched({ primary: 'watch = ["source"]\nquiet = "100 ms"', secondaries: [] });
    for (let index = 0; index < 20; index++) make(world.source, `d${index}`);
    const scheduler = scheduled.startLimited(world, setting, limit);
    await scheduler.untilOutput(/main: runs when /);
    await sleep(1500);
    for (const name of ['d1/a', 'd19/a', 'd19/a', 'top']) {
      expect(await runsAfter(scheduler, () => write(world.source, name))).toBe(1);
    }
    scheduler.kill('SIGTERM');
    const { stderr } = await scheduler.ended;
    expect(count(stderr, new RegExp(`sysctl -w ${advice.replaceAll('.', '\\.')}=`))).toBe(1);
  });
});
