import { userInfo } from 'node:os';

/** Who runs this program, for locks and mails. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a uid without an entry in passwd, as in containers
  }
}
