import type { ConfigTables } from './schema.js';

/**
 * The variables that hold a token or a password, of all tables: one that another replaces, or that is switched off, still names
 * something that is secret.
 */
export function secretVariablesOf({ builds = {}, defaults, mail }: ConfigTables): ReadonlySet<string> {
  const submits = [defaults?.submit, ...Object.values(builds).map(({ submit }) => submit)];
  const names = [mail?.password_variable, ...submits.map((submit) => submit?.token_variable)];
  return new Set(names.filter((name) => name !== undefined));
}
