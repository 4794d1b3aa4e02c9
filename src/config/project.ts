import type { NightlyStart } from './nightly-start.js';

/**
 * What the rest of the program sees of a configuration: checked, with every default filled in, every path absolute
 * and every duration in milliseconds.
 */

/** How a build is run and reported, in CTest's words. */
export type Model = 'Experimental' | 'Continuous' | 'Nightly';

/** How locks in one directory are taken; `auto` chooses from its file system. */
export type StrategyChoice = 'auto' | 'lockdir' | 'cifs' | 'flock' | 'fcntl';

/** An argument vector that is executed as it is, or a string that `/bin/sh -c` reads. */
export type Command =
  | { readonly kind: 'argv'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'shell'; readonly script: string };

/** One named step of a build: `configure`, `build`, `test` or any further one. */
export interface Stage {
  readonly name: string;
  readonly command: Command;
  /** Absolute working directory. */
  readonly directory: string;
  /** Added to the environment of the run. */
  readonly environment: Readonly<Record<string, string>>;
  /** After this many milliseconds the process group is ended. */
  readonly timeoutMs: number;
  /** Milliseconds between TERM and KILL. */
  readonly graceMs: number;
  /** Whether the stages after this one run when it fails. */
  readonly onFailure: 'stop' | 'continue';
  /** Processes that its command leaves behind live on. Otherwise the stage ends when the last of them has. */
  readonly mayLeave: boolean;
  /** Whether errors found in its log make it fail although its command exited with 0. */
  readonly errors: 'report' | 'fail';
  /** The report that CTest and CDash have for such a stage. */
  readonly report: 'configure' | 'build' | 'test' | 'none';
  /** Where the tests write JUnit XML: an absolute path whose last name may have `*` in it. */
  readonly junit: string | undefined;
}

interface UpdateCommon {
  /** The tree is left as it is, and its revision recorded. */
  readonly versionOnly?: boolean;
  /** The system's program, absolute or as the PATH finds it; `git`, `svn`, `hg` or `cvs` unless given. */
  readonly client?: string;
  /** What moves the tree instead of the system's own commands. */
  readonly command?: readonly [string, ...string[]] | undefined;
}

/** How the primary brings its git checkout up to date. */
export interface GitUpdate extends UpdateCommon {
  readonly type: 'git';
  readonly remote: string;
  readonly branch: string;
  /** `fast-forward` refuses a rewritten branch; `reset` follows it and discards local commits and changes. */
  readonly mode: 'fast-forward' | 'reset';
  /** Which submodules follow the tree; none where a command moves it that may move them, too. */
  readonly submodules: 'all' | 'initialised' | 'none';
  readonly timeoutMs: number;
}

/** How the primary brings its Subversion working copy up to date. */
export interface SvnUpdate extends UpdateCommon {
  readonly type: 'svn';
  /** What must be checked out; undefined when anything may. */
  readonly url: string | undefined;
  /** `fast-forward` refuses local changes that are in the way; `reset` reverts all of them. */
  readonly mode: 'fast-forward' | 'reset';
  readonly timeoutMs: number;
}

/** How the primary brings its Mercurial repository up to date. */
export interface HgUpdate extends UpdateCommon {
  readonly type: 'hg';
  /** The named branch. */
  readonly branch: string;
  /** `fast-forward` refuses what does not descend from the tree's commit; `reset` follows it and discards local changes. */
  readonly mode: 'fast-forward' | 'reset';
  readonly timeoutMs: number;
}

/** How the primary brings its CVS checkout up to date. */
export interface CvsUpdate extends UpdateCommon {
  readonly type: 'cvs';
  /** Of `cvs update`. */
  readonly options: readonly string[];
  /** `fast-forward` refuses local changes that are in the way; `reset` overwrites all of them. */
  readonly mode: 'fast-forward' | 'reset';
  readonly timeoutMs: number;
}

/** How the primary brings its source up to date. */
export type UpdateSource = GitUpdate | SvnUpdate | HgUpdate | CvsUpdate;

/** Why a primary has no update. */
export interface WithoutUpdate {
  /** `obstacle`: it should have one, so that nothing is built; `unversioned`: the source is built as it stands. */
  readonly kind: 'obstacle' | 'unversioned';
  readonly message: string;
  /** The command that fixes it. */
  readonly remedy?: string;
}

/** Why the reports of a build that CMake has configured for CTest go nowhere. */
export interface WithoutSubmission {
  /** `obstacle`: they should go somewhere; `nowhere`: nothing names a server. */
  readonly kind: 'obstacle' | 'nowhere';
  readonly message: string;
}

/** Who sends reports, as a URL of CTest's says it: percent-encoded, the password empty where it has none. Never shown. */
export interface UrlLogin {
  readonly user: string;
  readonly password: string;
}

interface SubmissionCommon {
  /** How often one run tries again. */
  readonly retries: number;
  /** Milliseconds before the first new attempt; they double with each. */
  readonly retryDelayMs: number;
  /** How long what cannot be delivered is kept, in milliseconds. */
  readonly keepMs: number;
  /** How much of it is kept, in bytes. */
  readonly spoolBytes: number;
}

/** To a CDash server, by HTTP PUT as CTest does. */
export interface CDashSubmission extends SubmissionCommon {
  readonly type: 'cdash';
  readonly url: string;
  /** Where the authentication token is to be read, at the time it is needed. */
  readonly token: SecretSource | undefined;
  /** For a server that asks for it; only of a `DartConfiguration.tcl`, which has it in its URL. */
  readonly login?: UrlLogin;
  /** The token may go over plain http to another host. */
  readonly allowInsecure?: boolean;
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile: string | undefined;
  /** How long the server may let nothing be heard. */
  readonly timeoutMs: number;
}

/** Into a directory, as Dart's drop boxes were. */
export interface DirectorySubmission extends SubmissionCommon {
  readonly type: 'directory';
  /** Absolute. */
  readonly directory: string;
}

/** Where the reports of a build go. */
export type Submission = CDashSubmission | DirectorySubmission;

interface BuildCommon {
  readonly name: string;
  /** `BuildName` in reports. */
  readonly reportName: string;
  readonly site: string;
  /** Absolute path of the source tree. */
  readonly source: string;
  /** Absolute path of the build directory; `Testing/Temporary` below it holds the stage locks. */
  readonly directory: string;
  readonly model: Model;
  readonly nightlyStart: NightlyStart;
  readonly strategy: StrategyChoice;
  /** How long one step of the protocol may wait for the directory's critical section. */
  readonly sectionTimeoutMs: number;
  /** In the order in which they run. */
  readonly stages: readonly Stage[];
  /** The five fields of a crontab; undefined when cron does not run it. */
  readonly schedule: string | undefined;
  /** Milliseconds after that. */
  readonly offsetMs: number;
  /** How many logs of each stage stay. */
  readonly keepLogs: number;
  /** Absolute paths whose change has the scheduler run it. */
  readonly watch: readonly string[];
  /** How long they must have been quiet, in milliseconds. */
  readonly quietMs: number;
  /** Keys of CTest's configuration with options for updates that have no effect here. */
  readonly unusedOptions: readonly string[];
  /** Undefined when the reports are sent nowhere. */
  readonly submission: Submission | undefined;
  /** Why they are not, where CTest's configuration says so. */
  readonly withoutSubmission?: WithoutSubmission;
}

/** The build that owns and updates the source. */
export interface Primary extends BuildCommon {
  readonly role: 'primary';
  /** Absent when something else updates the source. */
  readonly update: UpdateSource | undefined;
  /** Why there is none, where that is so. */
  readonly withoutUpdate?: WithoutUpdate;
  /** What the primary does when secondaries are building at the time of its update. */
  readonly whenSecondariesBuild: { readonly kind: 'abort' } | { readonly kind: 'wait'; readonly timeoutMs: number };
  /** How long a record stays in the journal at least, in milliseconds. */
  readonly keepUpdatesMs: number;
  /** How long the primary keeps `running` after it finished everything. */
  readonly lingerMs: number;
  /** The primary, on another host, whose updates it builds: it makes none of its own. */
  readonly follows?: Following;
}

/** What a build follows whose source is a checkout of its own. */
export interface Following {
  /** The name of the primary; that may be in no configuration of this host. */
  readonly primary: string;
  /** How long it waits for the primary's `update` lock to go. */
  readonly updateTimeoutMs: number;
}

/** A build that shares the source of its primary. */
export interface Secondary extends BuildCommon {
  readonly role: 'secondary';
  readonly primary: Primary;
  /** How long it waits for the primary's `update` lock to go. */
  readonly updateTimeoutMs: number;
}

export type Build = Primary | Secondary;

/** How a scheduler of ours goes about it. */
export interface Scheduler {
  /** IANA name; undefined for that of the machine. */
  readonly timeZone: string | undefined;
  readonly randomDelayMs: number;
  /** Absolute; of all schedulers of the project, on whatever host. */
  readonly state: string;
  /** How many of its runs go on at once at most. */
  readonly maxRuns: number;
  /** How long builds may continue after the scheduler was asked to stop, in milliseconds. */
  readonly stopLimitMs: number;
}

/** Where a secret stands. It is read when it is needed, and never kept. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'variable'; readonly name: string };

/** Hands mails to a program of the machine. */
export interface SendmailTransport {
  readonly type: 'sendmail';
  /** Absolute. */
  readonly program: string;
  /** Variables that it does not find in its environment; absent where there are none. */
  readonly secretVariables?: ReadonlySet<string>;
}

export interface SmtpTransport {
  readonly type: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly login: { readonly user: string; readonly password: SecretSource } | undefined;
  /** The password may go to another host without TLS. */
  readonly allowInsecure?: boolean;
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile: string | undefined;
}

/** Recipients and transport of mails. */
export interface Mail {
  readonly transport: SendmailTransport | SmtpTransport;
  readonly from: string | undefined;
  /** The maintainers. */
  readonly to: readonly string[];
  /** Whether the authors of the updates in a broken run get a mail. */
  readonly authors: boolean;
  /** Completes authors without a domain; undefined leaves them out. */
  readonly authorDomain: string | undefined;
  readonly monitors: readonly string[];
  /** How long a mail to authors waits for other builds that the same commit breaks, in milliseconds. */
  readonly collectMs: number;
  /** How long a mail is tried again, in milliseconds. */
  readonly keepMs: number;
}

/** What a command or a webhook may be told. */
export type Occasion = 'broken' | 'fixed' | 'stuck' | 'waited' | 'run';

interface SubscriberCommon {
  /** Part of a path: letters, digits, _ and -. Each subscriber of a project has another one. */
  readonly name: string;
  /** Whose events; undefined for those of all builds. */
  readonly builds: ReadonlySet<string> | undefined;
  /** Of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a delivery is tried again, in milliseconds. */
  readonly keepMs: number;
}

interface ServerCommon {
  readonly url: string;
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile: string | undefined;
}

/** A program of this machine, which gets events on its standard input. */
export interface CommandSubscriber extends SubscriberCommon {
  readonly kind: 'command';
  readonly on: ReadonlySet<Occasion>;
  readonly argv: readonly [string, ...string[]];
  /** Absolute working directory. */
  readonly directory: string;
  /** Variables that it does not find in its environment. */
  readonly secretVariables: ReadonlySet<string>;
}

/** A URL that gets events by POST. */
export interface WebhookSubscriber extends SubscriberCommon, ServerCommon {
  readonly kind: 'webhook';
  readonly on: ReadonlySet<Occasion>;
  /** The body; `event` for the event itself. */
  readonly template: 'event' | 'slack' | 'matrix' | 'ntfy';
  /** Signs the body. */
  readonly secret: SecretSource | undefined;
  readonly token: SecretSource | undefined;
  /** The token may go over plain http to another host. */
  readonly allowInsecure: boolean;
}

/** A dead-man service, which gets the start and the end of each run. */
export interface PingSubscriber extends SubscriberCommon, ServerCommon {
  readonly kind: 'ping';
}

/** Where the statuses of commits are. */
export interface StatusSubscriber extends SubscriberCommon, ServerCommon {
  readonly kind: 'commit-status';
  readonly host: 'github' | 'gitlab';
  readonly repository: string;
  /** Undefined for one that is made of the name of the build. */
  readonly context: string | undefined;
  readonly token: SecretSource;
  readonly allowInsecure: boolean;
}

/** An entry of `[[notify]]`. */
export type Subscriber = CommandSubscriber | WebhookSubscriber | PingSubscriber | StatusSubscriber;

/** Where hosts that share nothing but a network coordinate: a cluster of etcd. */
export interface Coordination {
  /** The origins of its members, `https://HOST:2379`. */
  readonly endpoints: readonly string[];
  /** What all keys begin with; without a slash at its end. */
  readonly prefix: string;
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile: string | undefined;
  /** PEM files of the certificate by which the members know us, and of its key. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly login: { readonly user: string; readonly password: SecretSource } | undefined;
  /** The password may go to another host without TLS. */
  readonly allowInsecure?: boolean;
  /** After so many milliseconds without a renewal a run counts as dead. */
  readonly leaseMs: number;
  /** Of one request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** What this host is called there. */
  readonly host: string;
  /** What a command under a lock by its name does when no member answers: `compile` runs it without. */
  readonly whenAway: 'stop' | 'compile';
}

/** One `stagelock.toml`. */
export interface Project {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly name: string;
  /** The recipient of cron's mails; undefined for the user. */
  readonly mailto: string | undefined;
  readonly scheduler: Scheduler;
  /** Undefined when stagelock itself mails nothing. */
  readonly mail: Mail | undefined;
  /** In the order of the file. */
  readonly subscribers: readonly Subscriber[];
  /** Undefined when hosts share a file system, or there is one. */
  readonly coordination: Coordination | undefined;
  /** The variables that hold a token or a password of any build or mail, also of one that is switched off. */
  readonly secretVariables: ReadonlySet<string>;
  /** By name, in the order of the file. */
  readonly builds: ReadonlyMap<string, Build>;
}
