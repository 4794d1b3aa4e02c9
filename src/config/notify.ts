import { resolve } from 'node:path';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import type { KeyPath } from './problem.js';
import type { Occasion, SecretSource, Subscriber } from './project.js';
import type { NotifyTable } from './schema.js';
import { didYouMean } from './suggestion.js';

/** The key that says what an entry is, and the keys that only some of these kinds have. */
const KINDS = ['command', 'webhook', 'ping', 'commit_status'] as const;
type Kind = (typeof KINDS)[number];

const KEYS_OF_KINDS = {
  template: ['webhook'],
  secret_file: ['webhook'],
  token_file: ['webhook', 'commit_status'],
  allow_insecure: ['webhook', 'commit_status'],
  url: ['commit_status'],
  repository: ['commit_status'],
  context: ['commit_status'],
  ca_file: ['webhook', 'ping', 'commit_status'],
  on: ['command', 'webhook'],
} as const satisfies Partial<Record<keyof NotifyTable, readonly Kind[]>>;

/** What a resolution of `[[notify]]` needs from outside. */
interface Surroundings {
  /** The directory of the file, for relative paths. */
  readonly base: string;
  readonly report: (path: KeyPath, message: string) => void;
  /** Whether the value at this path was left out because it was wrong by itself. */
  readonly wrong: (path: KeyPath) => boolean;
  /** Of all builds. */
  readonly names: readonly string[];
  /** What commands do not find in their environment. */
  readonly secretVariables: ReadonlySet<string>;
}

/** Who else is told what happens to builds; none without `[[notify]]`. */
export function resolveNotify(tables: readonly NotifyTable[] | undefined, surroundings: Surroundings): Subscriber[] {
  if (tables === undefined) return [];
  const kinds = tables.map(kindOf);
  const taken = new Map<string, number>();
  return tables.flatMap((table, index) => {
    const path = ['notify', index];
    const kind = kinds[index];
    reportKinds(table, path, surroundings);
    if (kind === undefined) return [];
    const name = nameOf(table, kind);
    // On a file system without case, two spools would be one.
    const other = taken.get(name.toLowerCase());
    if (other === undefined) taken.set(name.toLowerCase(), index);
    else if (table.name === undefined) {
      surroundings.report(path, `more than one entry has a \`${kind}\`; give each of them a \`name\``);
    } else surroundings.report([...path, 'name'], `the name "${name}" is that of an entry above, too`);
    reportForeignKeys(table, kind, path, surroundings);
    reportBuilds(table, path, surroundings);
    return [subscriberOf(table, kind, path, surroundings)];
  });
}

function kindOf(table: NotifyTable): Kind | undefined {
  return KINDS.find((kind) => table[kind] !== undefined);
}

/** Not made of its place in the file: what waits for one entry must not go to another one when a third is removed. */
function nameOf({ name }: NotifyTable, kind: Kind): string {
  return name ?? kind;
}

function reportKinds(table: NotifyTable, path: KeyPath, { report, wrong }: Surroundings): void {
  const [first, second] = KINDS.filter((kind) => table[kind] !== undefined);
  if (second !== undefined)
    report([...path, second], `found both \`${first}\` and \`${second}\`, expected one of them`);
  if (first !== undefined || KINDS.some((kind) => wrong([...path, kind]))) return;
  report(path, 'the entry needs one of `command`, `webhook`, `ping` and `commit_status`');
}

function reportForeignKeys(table: NotifyTable, kind: Kind, path: KeyPath, { report }: Surroundings): void {
  for (const [key, kinds] of Object.entries(KEYS_OF_KINDS)) {
    if (table[key as keyof NotifyTable] === undefined || kinds.some((each) => each === kind)) continue;
    const why = key === 'on' ? 'follows every run and has' : 'has';
    report([...path, key], `a \`${kind}\` ${why} no \`${key}\``);
  }
}

function reportBuilds({ builds = [] }: NotifyTable, path: KeyPath, { names, report }: Surroundings): void {
  for (const [index, build] of builds.entries()) {
    if (names.includes(build)) continue;
    const choice = names.length === 0 ? '' : `; builds are ${names.join(', ')}`;
    report([...path, 'builds', index], `there is no build "${build}"${didYouMean(build, names) || choice}`);
  }
}

function subscriberOf(table: NotifyTable, kind: Kind, path: KeyPath, surroundings: Surroundings): Subscriber {
  const { base, secretVariables } = surroundings;
  const common = {
    name: nameOf(table, kind),
    builds: table.builds === undefined ? undefined : new Set(table.builds),
    timeoutMs: milliseconds(table.timeout ?? DEFAULTS.notifyTimeout),
    keepMs: milliseconds(table.keep ?? (kind === 'ping' ? DEFAULTS.pingKeep : DEFAULTS.notifyKeep)),
  };
  const on: ReadonlySet<Occasion> = new Set(table.on ?? DEFAULTS.notifyOn);
  const caFile = table.ca_file === undefined ? undefined : resolve(base, table.ca_file);
  const allowInsecure = table.allow_insecure ?? false;
  switch (kind) {
    case 'command': {
      const [program = '', ...words] = table.command ?? [];
      const argv = [program.includes('/') ? resolve(base, program) : program, ...words] as const;
      return { kind, ...common, on, argv, directory: base, secretVariables };
    }
    case 'webhook': {
      reportUrl(table.webhook, [...path, 'webhook'], surroundings);
      const secrets = { secret: secretOf(table.secret_file, base), token: secretOf(table.token_file, base) };
      const template = table.template ?? 'event';
      if (template === 'ntfy') reportTopic(table.webhook, [...path, 'webhook'], surroundings);
      return { kind, ...common, on, url: table.webhook ?? '', caFile, template, ...secrets, allowInsecure };
    }
    case 'ping':
      reportUrl(table.ping, [...path, 'ping'], surroundings);
      return { kind, ...common, url: table.ping ?? '', caFile };
    case 'commit_status': {
      reportUrl(table.url, [...path, 'url'], surroundings);
      const host = table.commit_status ?? 'github';
      reportRepository(table, host, path, surroundings);
      return {
        kind: 'commit-status',
        ...common,
        host,
        url: (table.url ?? (host === 'github' ? DEFAULTS.githubApi : DEFAULTS.gitlabApi)).replace(/\/+$/, ''),
        caFile,
        repository: table.repository ?? '',
        context: table.context,
        token: secretOf(table.token_file, base) ?? { kind: 'file', path: '' },
        allowInsecure,
      };
    }
  }
}

function secretOf(file: string | undefined, base: string): SecretSource | undefined {
  return file === undefined ? undefined : { kind: 'file', path: resolve(base, file) };
}

/** Not a matter of the schema, whose message would show the password. */
function reportUrl(url: string | undefined, path: KeyPath, { report }: Surroundings): void {
  if (url === undefined) return;
  const { username, password } = new URL(url);
  if (username === '' && password === '') return;
  report(path, 'the URL contains a user or a password, which do not belong in a configuration; see `token_file`');
}

function reportTopic(url: string | undefined, path: KeyPath, { report }: Surroundings): void {
  if (url === undefined || /[^/]/.test(new URL(url).pathname)) return;
  report(path, 'the URL of an ntfy server ends in the topic, as in "https://ntfy.sh/TOPIC"');
}

function reportRepository(
  table: NotifyTable,
  host: 'github' | 'gitlab',
  path: KeyPath,
  { report, wrong }: Surroundings,
): void {
  const { repository } = table;
  if (repository === undefined && !wrong([...path, 'repository'])) {
    report([...path, 'repository'], 'a `commit_status` needs its `repository`');
  } else if (host === 'github' && repository !== undefined && repository.split('/').length !== 2) {
    report([...path, 'repository'], `found "${repository}", expected OWNER/NAME`);
  }
  if (table.token_file === undefined && !wrong([...path, 'token_file'])) {
    report([...path, 'token_file'], 'a `commit_status` needs the `token_file` with the access token');
  }
}
