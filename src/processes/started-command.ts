/** A command to start. */
export interface CommandStart {
  readonly argv: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Descriptor of a file for its standard output and standard error. */
  readonly output: number;
  /**
   * What in its environment nothing else has, as `NAME=value`: the second best way to know what the command has started.
   * Without it only what stays in its session counts.
   */
  readonly marks: readonly string[];
}

/** How the process of a command itself ended. */
export type CommandExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string };

/** A command that runs. */
export interface StartedCommand {
  /** The process of the command itself, which began the session of all that it starts. */
  readonly top: number;
  readonly exit: Promise<CommandExit>;
  /** Its end is not waited for any more, and does not keep this process. */
  readonly abandon: () => void;
}
