import type { ConfigTables } from './schema.js';

/**
 * The variables that hold a token or a password, of all tables: one that another replaces, or that is switched off, still names
 * something that is secret.
 */
export function secretVariablesOf({ builds = {}, coordination, defaults, mail }: ConfigTables): ReadonlySet<string> {
  const submits = [defaults?.submit, ...Object.values(builds).map(({ submit }) => submit)];
  const passwords = [mail?.password_variable, coordination?.password_variable];
  const names = [...passwords, ...submits.map((submit) => submit?.token_variable)];
  return new Set(names.filter((name) => name !== undefined));
}
