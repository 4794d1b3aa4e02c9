import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.js';
import { environment } from '../updates/systems/repositories.js';
import { CronDaemon, noCron } from './cron-daemon.js';
import { missing, STAGELOCK } from './programs.js';

const lacks = noCron ?? missing('gcc') ?? missing('ctest');

const GOOD = '#include <stdio.h>\nint main(int n, char **v) { return n > 1 ? puts(v[1]) < 0 : 0; }\n';
const BAD = GOOD.replace('return n', 'return no_such_thing + n');

/** A project with CMake, made by make and ctest, whose repository a person pushes to. */
class Project {
  readonly root = mkdtempSync(join(tmpdir(), 'stagelock-cron-mail-'));
  readonly #work = join(this.root, 'work');
  #daemon: CronDaemon | undefined;

  constructor() {
    const { root } = this;
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(root, 'origin')], { env: environment });
    execFileSync('git', ['clone', '-q', join(root, 'origin'), this.#work], { env: environment, stdio: 'ignore' });
    this.push('Begin', { 'main.c': GOOD, 'CMakeLists.txt': cmake('words.sorted') });
    execFileSync('git', ['clone', '-q', join(root, 'origin'), join(root, 'source')], { env: environment });
    writeFileSync(
      join(root, 'stagelock.toml'),
      `[project]
name = "words"
[builds.gcc]
source = "source"
directory = "gcc"
schedule = "* * * * *"
update = { branch = "main" }
[builds.gcc.stages]
configure = { command = ["cmake", "-S", "../source", "-B", "."] }
build = { command = ["make"] }
test = { command = ["ctest"] }
`,
    );
  }

  push(message: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#work, name), text);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: this.#work, env: environment, stdio: 'pipe' });
    git('add', '-A');
    git('commit', '-q', '-m', message, '--author', 'Zoe Young <zoe@example.org>');
    git('push', '-q', 'origin', 'HEAD:main');
  }

  /** Starts the real daemon with the lines of `stagelock crontab`. */
  start(speed: number): void {
    const { root } = this;
    const config = join(root, 'stagelock.toml');
    const lines = execFileSync(process.execPath, [STAGELOCK, '--config', config, 'crontab'], { env: environment });
    this.#daemon = new CronDaemon(root, lines.toString(), { speed });
  }

  get mails(): string {
    return this.#daemon?.mails ?? '';
  }

  async results(count: number): Promise<void> {
    const file = join(this.root, 'gcc', 'Testing', 'History.jsonl');
    const ended = (): number => (existsSync(file) ? (readFileSync(file, 'utf8').match(/"ended"/g)?.length ?? 0) : 0);
    await until(`${count} runs`, () => ended() >= count, 90_000);
  }

  remove(): void {
    this.#daemon?.kill();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function cmake(name: string, argument = ''): string {
  return `cmake_minimum_required(VERSION 3.13)\nproject(words C)\nenable_testing()\nadd_executable(words main.c)
add_test(NAME ${name} COMMAND words ${argument})\nset_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION unsorted)\n`;
}

const projects: Project[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

test.skipIf(lacks !== undefined)(
  `the mails of the real cron have the compiler's line, the name of the test and the commit; none comes of runs that pass${lacks === undefined ? '' : ` (${lacks})`}`,
  { timeout: 300_000 },
  async () => {
    const project = new Project();
    projects.push(project);
    project.start(6);
    await project.results(1);
    expect(project.mails).toBe('');

    project.push('Use no such thing', { 'main.c': BAD });
    await project.results(2);
    await until('a mail', () => project.mails.includes('To see more'), 30_000);
    const first = project.mails;
    expect(first).toMatch(/^Subject: Cron <root@\S+> /m);
    expect(first).toMatch(/^stagelock: gcc: build failed: 1 error \(exit code 2 after /m);
    expect(first).toMatch(/^ {2}\S+\/main\.c:2:\d+: error: .*no_such_thing/m);
    expect(first).toMatch(/^ {4}[0-9a-f]{12} Zoe Young: Use no such thing$/m);
    expect(first).toMatch(/^ {2}Broken by this run; last passed: \S+ /m);

    project.push('Sort nothing', { 'main.c': GOOD, 'CMakeLists.txt': cmake('words.sorted', 'unsorted') });
    await project.results(3);
    await until('another mail', () => project.mails.slice(first.length).includes('To see more'), 30_000);
    const second = project.mails.slice(first.length);
    expect(second).toMatch(/^stagelock: gcc: test failed: 1 of 1 test \(exit code 8 after /m);
    expect(second).toMatch(/^ {2}words\.sorted\n {4}unsorted$/m);
    expect(second).toMatch(/^ {4}[0-9a-f]{12} Zoe Young: Sort nothing$/m);
    expect(second).toMatch(/^ {2}Broken since \S+ .*, the run before; last passed: /m);
    // The log that the first mail names is still that of the failure.
    const log = /^ {2}log: (\S+LastBuild_\S+)$/m.exec(first)?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('no_such_thing');

    project.push('Sort again', { 'CMakeLists.txt': cmake('words.sorted') });
    const before = project.mails;
    await project.results(4);
    expect(project.mails).toBe(before);
    expect(readFileSync(join(project.root, 'gcc.log'), 'utf8').match(/gcc: begins\n/g)).toHaveLength(4);
  },
);
