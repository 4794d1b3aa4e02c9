import { xmlReader } from '../xml/events.js';

/** What CDash says to a report. */
export interface Reply {
  readonly status: 'OK' | 'WARNING' | 'ERROR';
  /** Empty when there was nothing to say. */
  readonly message: string;
  /** Of what it has received. */
  readonly md5: string | undefined;
  readonly buildId: string | undefined;
}

/**
 * Reads CDash's answer, `<cdash><status>OK</status><message/><md5>…</md5><buildId>…</buildId></cdash>`.
 *
 * @returns undefined when it is something else: the page of a proxy, or a server that is no CDash
 */
export function parseReply(body: Buffer): Reply | undefined {
  const texts = new Map<string, string>();
  let root: string | undefined;
  try {
    const reader = xmlReader({
      open: (name) => {
        root ??= name;
      },
      close: (name, text) => texts.set(name.toLowerCase(), text.trim()),
    });
    reader.push(body);
    reader.end();
  } catch {
    return undefined;
  }
  if (root !== 'cdash') return undefined;
  const status = (texts.get('status') ?? '').toUpperCase();
  return {
    status: status === 'ERROR' || status === 'WARNING' ? status : 'OK',
    message: (texts.get('message') ?? '').replaceAll(/\s+/g, ' ').slice(0, LONGEST_MESSAGE),
    md5: nonEmpty(texts.get('md5')),
    buildId: nonEmpty(texts.get('buildid')),
  };
}

/** What a server says goes to a terminal and a log. */
const LONGEST_MESSAGE = 500;

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
