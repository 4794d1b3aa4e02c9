import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { filesystemOf } from '../locks/index.js';
import { errorText } from '../text/error-text.js';
import { shown } from '../text/shown.js';
import { changedBetween, glance, isSameSighting, type Sighting, sight, signposts, touchedMs } from './sighting.js';
import type { Tree, TreeOrder } from './tree.js';
import { TreeWalk } from './tree-walk.js';
import { TreeWatch } from './tree-watch.js';

/** A path to watch, and whom to tell. */
export interface PathOrder extends Omit<TreeOrder, 'root' | 'onProblem'> {
  /** Absolute. */
  readonly path: string;
  /** As `sinceMs`, for what is below it when it is a directory. */
  readonly treeSinceMs: number;
  readonly onProblem: (text: string) => void;
}

/** inotify tells nothing of what other hosts change. */
const NETWORK_LOOK_MS = 2000;
/** The world changes between two looks; at some time it is the next look that sees it. */
const MOST_LOOKS = 5;

/**
 * Watches what a path names now: the file or the tree at its end, and the directories that say what it leads to, so that a
 * link that leads elsewhere, a directory that is made again and a file that comes back are changes as well, and what comes
 * after them is seen.
 *
 * inotify is a hint; {@link WatchedPath.look}, to be called every few seconds, sees what it does not tell: another host, a
 * mount, a directory far above that was renamed.
 */
export class WatchedPath {
  readonly #order: PathOrder;
  #sighting: Sighting;
  #glance: string;
  /** When the newest change that has a date was made, of those reported or older than this watch. */
  #touchedMs: number;
  #posts: FSWatcher[] = [];
  #tree: Tree | undefined;
  #looks: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(order: PathOrder) {
    this.#order = order;
    this.#glance = glance(order.path);
    this.#sighting = this.#settle(sight(order.path));
    this.#openTree(order.treeSinceMs);
    this.#touchedMs = touchedMs(this.#sighting);
    if (this.#touchedMs > order.sinceMs) order.onChange(order.path, this.#touchedMs);
  }

  /** Sees changes that no event reported. Usually costs one look at one file. */
  look(): void {
    if (this.#isClosed || glance(this.#order.path) === this.#glance) return;
    this.#lookAgain();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#looks);
    this.#closePosts();
    this.#tree?.close();
  }

  #lookAgain(): void {
    if (this.#isClosed) return;
    this.#glance = glance(this.#order.path);
    const before = this.#sighting;
    const now = sight(this.#order.path);
    const isSame = isSameSighting(before, now);
    this.#sighting = isSame ? now : this.#settle(now);
    const knownMs = this.#touchedMs;
    this.#touchedMs = touchedMs(this.#sighting);
    if (isSame) {
      // Also when it is earlier: the clock was ahead and was put back.
      if (this.#touchedMs !== knownMs) this.#order.onChange(this.#order.path, this.#touchedMs);
      return;
    }
    this.#tree?.close();
    this.#openTree(0);
    const changedMs = changedBetween(before, this.#sighting);
    // What was mounted or unmounted may be old.
    this.#order.onChange(this.#order.path, changedMs > knownMs ? changedMs : Date.now());
  }

  /** Watches the directories that make the way what it is, and sees whether it still was the same when that had begun. */
  #settle(first: Sighting): Sighting {
    let sighting = first;
    for (let look = 0; look < MOST_LOOKS; look++) {
      this.#closePosts();
      for (const [directory, names] of signposts(sighting)) this.#watchPost(directory, names);
      const again = sight(this.#order.path);
      if (isSameSighting(again, sighting)) return again;
      sighting = again;
    }
    return sighting;
  }

  #watchPost(directory: string, names: ReadonlySet<string>): void {
    try {
      const post = watch(directory, { persistent: false }, (_event, name) => {
        // inotify calls a directory itself by its own name: it was moved or removed.
        if (name === null || names.has(name) || name === basename(directory)) this.#lookAgain();
      });
      post.on('error', () => undefined);
      this.#posts.push(post);
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#complain(error, directory);
    }
  }

  #closePosts(): void {
    for (const post of this.#posts.splice(0)) post.close();
  }

  /** @param sinceMs changes since then are reported */
  #openTree(sinceMs: number): void {
    this.#tree = undefined;
    const isNetwork = isOnNetwork(this.#sighting.end.path);
    clearInterval(this.#looks);
    if (isNetwork) this.#looks = setInterval(() => this.look(), NETWORK_LOOK_MS).unref();
    const { kind, path } = this.#sighting.end;
    if (kind === 'hidden')
      this.#order.onProblem(`cannot watch ${shown(path)}, so changes to ${shown(this.#order.path)} go unnoticed`);
    if (kind !== 'directory') return;
    const order = { ...this.#order, root: path, sinceMs };
    const onProblem = (error: NodeJS.ErrnoException): void => this.#complain(error, path);
    const walk = (since: number): Tree => new TreeWalk({ ...order, sinceMs: since, onProblem });
    if (isNetwork) {
      this.#tree = walk(sinceMs);
      return;
    }
    const tree = new TreeWatch({
      ...order,
      onProblem: (error) => {
        onProblem(error);
        if (adviceOf(error) === undefined || this.#tree !== tree) return;
        tree.close();
        this.#tree = walk(sinceMs);
      },
    });
    this.#tree = tree;
    tree.start();
  }

  #complain(error: unknown, path: string): void {
    const advice = adviceOf(error);
    if (advice !== undefined) this.#order.onProblem(advice);
    else this.#order.onProblem(`${shown(path)}: changes there are not noticed: ${shown(errorText(error))}`);
  }
}

/** What to report about a limit of inotify; undefined when it is another error. The same whatever could not be watched. */
function adviceOf(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code !== 'ENOSPC' && code !== 'EMFILE') return undefined;
  const [limit, more] =
    code === 'ENOSPC' ? ['fs.inotify.max_user_watches', 1_048_576] : ['fs.inotify.max_user_instances', 1024];
  return [
    `inotify can watch no more directories, because the limit ${limit} is reached (${code}). Watched files are polled every few seconds instead, which costs more.`,
    '  To raise the limit, as root, before you restart the scheduler:',
    `  sysctl -w ${limit}=${more}`,
  ].join('\n');
}

function isOnNetwork(path: string): boolean {
  try {
    return filesystemOf(path).reach === 'network';
  } catch {
    return dirname(path) !== path && isOnNetwork(dirname(path)); // not there yet
  }
}
