/** What a shell can offer for a value. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'directory' | 'build' | 'command' | 'nothing' };

export interface Flag {
  /** As they are typed: `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined for one that takes no value. */
  readonly values: Values | undefined;
}

export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** What each of its arguments can be. */
  readonly places: readonly Values[];
}

/** The command line, as far as a shell completes it. */
export interface Grammar {
  readonly program: string;
  /** The options that every command has, too. */
  readonly flags: readonly Flag[];
  readonly verbs: readonly Verb[];
}
