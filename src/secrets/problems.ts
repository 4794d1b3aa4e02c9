import type { KeyPath, Problem } from '../config/problem.js';
import { pathText } from '../config/problem.js';
import type { Project, SecretSource } from '../config/project.js';
import { etcdPasswordInTheClear, hookTokenInTheClear, passwordInTheClear, tokenInTheClear } from './in-the-clear.js';
import { exposureOfSecret, missingSecret } from './secret.js';

/** What is wrong with the secrets of a project: each place once, however many builds have it. */
export function secretProblems({ file, builds, mail, subscribers, coordination }: Project): Problem[] {
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
  if (coordination !== undefined) {
    tell(['coordination', 'etcd'], etcdPasswordInTheClear(coordination));
    look(['coordination', 'password_file'], coordination.login?.password);
    tell(['coordination', 'password_file'], missingSecret(coordination.login?.password));
    const { keyFile } = coordination;
    const key: SecretSource | undefined = keyFile === undefined ? undefined : { kind: 'file', path: keyFile };
    look(['coordination', 'key_file'], key);
    tell(['coordination', 'key_file'], missingSecret(key));
  }
  for (const [index, subscriber] of subscribers.entries()) {
    if (subscriber.kind !== 'webhook' && subscriber.kind !== 'commit-status') continue;
    const { url, token } = subscriber;
    const key = subscriber.kind === 'webhook' ? 'webhook' : 'url';
    tell(['notify', index, key], URL.canParse(url) ? hookTokenInTheClear(subscriber) : undefined);
    look(['notify', index, 'token_file'], token);
    tell(['notify', index, 'token_file'], missingSecret(token));
    if (subscriber.kind !== 'webhook') continue;
    look(['notify', index, 'secret_file'], subscriber.secret);
    tell(['notify', index, 'secret_file'], missingSecret(subscriber.secret));
  }
  return [...problems.values()];
}
