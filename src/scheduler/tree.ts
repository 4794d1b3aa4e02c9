/** What to look for below a directory, and whom to tell. */
export interface TreeOrder {
  /** A directory; absolute, without symbolic links. Links below it are not followed. */
  readonly root: string;
  /** Changes since then (milliseconds since 1970) are reported even if they were made before the first look. */
  readonly sinceMs: number;
  /** Whether a change of an entry, or of anything below it, is to be reported. */
  readonly isNews: (path: string) => boolean;
  /** Whether a directory is reported only for what is below it. */
  readonly isMereWay: (path: string) => boolean;
  /** @param changedMs milliseconds since 1970, by the file system where it tells */
  readonly onChange: (path: string, changedMs: number) => void;
  /** It cannot go on in this way, or not everywhere. */
  readonly onProblem: (error: NodeJS.ErrnoException) => void;
}

/** A running look-out for changes. */
export interface Tree {
  readonly close: () => void;
}
