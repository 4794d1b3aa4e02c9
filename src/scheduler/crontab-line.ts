/** What cron starts a line with. */
export interface CrontabLine {
  /** Those that are set above it. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The first line of a crontab that names a configuration. */
export function lineOf(crontab: string, file: string): CrontabLine | undefined {
  const variables = new Map<string, string>();
  for (const line of crontab.split('\n')) {
    const [, name, value] = /^\s*(?:"|')?(\w+)(?:"|')?\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) variables.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
    else if (!/^\s*(#|$)/.test(line) && line.includes(file)) return { variables };
  }
  return undefined;
}
