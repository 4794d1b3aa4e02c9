/** Exit codes, as documented in docs/commands.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, internal: 70, obstructed: 73, held: 75 } as const;

/** Ends the command with a message for a person and an exit code that is not a crash. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
