import type { Outcome } from './transport.js';

/** What a server's answer means for the mail that it answers. */
export type Verdict = Exclude<Outcome['kind'], 'delivered'> | 'unavailable';

/** Authentication is missing, too weak or wrong, or encryption is: no recipient can help that. */
const OF_THE_LOGIN: ReadonlySet<number> = new Set([454, 530, 534, 535, 538]);

/**
 * Judges an answer that is no 2xx, as RFC 5321 and RFC 3463 have it: 4xx is for a while and 5xx for ever, but that a full
 * mailbox is emptied one day, although 552 says for ever.
 *
 * @param reply `550 5.1.1 no such user`
 */
export function judgeReply(reply: string): Verdict {
  const match = /^(\d{3})[ -](?:([245]\.\d{1,3}\.\d{1,3})\b)?/.exec(reply);
  const [code, detail] = [Number(match?.[1] ?? 0), match?.[2]];
  if (OF_THE_LOGIN.has(code)) return 'unavailable';
  if (detail === '5.2.2' || (code === 552 && detail === undefined)) return 'temporary';
  // 503, commands in a wrong order, is the session's fault and not the mail's.
  return code >= 500 && code <= 599 && code !== 503 ? 'permanent' : 'temporary';
}
