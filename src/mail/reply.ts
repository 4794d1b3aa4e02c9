/** Authentication is missing, too weak or wrong, or encryption is: the recipient cannot help that. */
const OF_THE_LOGIN: ReadonlySet<number> = new Set([530, 534, 535, 538]);

/**
 * Whether an answer that is no 2xx is for a while or for ever, as RFC 5321 and RFC 3463 have it: by its first digit. But a
 * full mailbox is emptied one day, although 552 says for ever; and the mail may go once our own login is mended.
 *
 * @param reply `550 5.1.1 no such user`; empty when there was none
 */
export function judgeReply(reply: string): 'temporary' | 'permanent' {
  const match = /^(\d{3})[ -](?:([245]\.\d{1,3}\.\d{1,3})\b)?/.exec(reply);
  const [code, detail] = [Number(match?.[1] ?? 0), match?.[2]];
  if (OF_THE_LOGIN.has(code) || detail === '5.2.2' || (code === 552 && detail === undefined)) return 'temporary';
  // 503, commands in a wrong order, is the session's fault and not the mail's.
  return code >= 500 && code <= 599 && code !== 503 ? 'permanent' : 'temporary';
}
