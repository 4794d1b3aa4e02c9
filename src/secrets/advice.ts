import type { Mail, SecretSource, Submission } from '../config/project.js';
import { exposureOfSecret } from './secret.js';

/** The secret that a submission needs. */
export function tokenOf(submission: Submission | undefined): SecretSource | undefined {
  return submission?.type === 'cdash' ? submission.token : undefined;
}

/** The secret that mails need. */
export function passwordOf(mail: Mail | undefined): SecretSource | undefined {
  return mail?.transport.type === 'smtp' ? mail.transport.login?.password : undefined;
}

/** The command that fixes the place of a secret, below the line that says why something was not sent; nothing when it is well. */
export function adviceOnSecret(source: SecretSource | undefined): string[] {
  const remedy = exposureOfSecret(source)?.remedy;
  return remedy === undefined ? [] : [`  ${remedy}`];
}
