import type { KeyPath, Problem } from '../config/problem.js';
import { pathText } from '../config/problem.js';
import type { Project, SecretSource } from '../config/project.js';
import { passwordInTheClear, tokenInTheClear } from './in-the-clear.js';
import { exposureOfSecret } from './secret.js';

/** What is wrong with the secrets of a project: each place once, however many builds have it. */
export function secretProblems({ file, builds, mail }: Project): Problem[] {
  const problems = new Map<string, Problem>();
  const look = (path: KeyPath, source: SecretSource | undefined): void => {
    const exposure = exposureOfSecret(source);
    if (exposure === undefined || problems.has(exposure.why)) return;
    const { why: message, remedy } = exposure;
    problems.set(message, { file, path: pathText(path), message, ...(remedy !== undefined && { remedy }) });
  };
  const tell = (path: KeyPath, message: string | undefined): void => {
    if (message !== undefined && !problems.has(message)) problems.set(message, { file, path: pathText(path), message });
  };
  for (const { name, submission } of builds.values()) {
    if (submission?.type !== 'cdash') continue;
    tell(['builds', name, 'submit', 'url'], tokenInTheClear(submission));
    look(['builds', name, 'submit', 'token_file'], submission.token);
  }
  if (mail?.transport.type === 'smtp') {
    tell(['mail', 'security'], passwordInTheClear(mail.transport));
    look(['mail', 'password_file'], mail.transport.login?.password);
  }
  return [...problems.values()];
}
