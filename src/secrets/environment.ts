/**
 * What a command finds in its environment: all but the variables that hold a token or a password, of whatever build or mail of
 * the project. A stage runs what others have committed.
 */
export function withoutSecrets(
  environment: NodeJS.ProcessEnv,
  secrets: ReadonlySet<string> | undefined,
): NodeJS.ProcessEnv {
  if (secrets === undefined || secrets.size === 0) return environment;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}
