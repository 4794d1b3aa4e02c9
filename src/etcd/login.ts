import { etcdPasswordInTheClear } from '../secrets/in-the-clear.js';
import { placeOf, readSecret } from '../secrets/secret.js';
import { EtcdError } from './error.js';
import type { EtcdSettings } from './settings.js';

/** What authenticates us to etcd. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/**
 * Reads the password anew for each login: a wrong one is mended while runs wait. It never gets into a message.
 *
 * @throws EtcdError `refused`, when there is none, or it would cross a network where others can read it
 */
export function credentialsOf(settings: EtcdSettings, environment: NodeJS.ProcessEnv): Credentials | undefined {
  const { login } = settings;
  if (login === undefined) return undefined;
  const clear = etcdPasswordInTheClear(settings);
  if (clear !== undefined) throw new EtcdError('refused', clear, 'login');
  const secret = readSecret(login.password, environment);
  if (secret.kind === 'unreadable') {
    throw new EtcdError('refused', `the password for etcd is not used: ${secret.why}`, 'login');
  }
  if (secret.kind === 'missing') {
    throw new EtcdError('refused', `the password for etcd is missing: there is no ${placeOf(login.password)}`, 'login');
  }
  // Editors end a file with a line; spaces may be meant.
  const password = secret.text.replace(/\r?\n$/, '');
  if (password === '' || /\p{Cc}/u.test(password)) {
    throw new EtcdError('refused', `${placeOf(login.password)} holds no password for etcd`, 'login');
  }
  return { name: login.user, password };
}
