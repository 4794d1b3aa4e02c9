import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import type { CDashSubmission } from '../config/project.js';
import { errorCode } from '../host/error-code.js';
import { connectionOf } from '../http/connection.js';
import { firstOf } from '../http/headers.js';
import { printable } from '../http/printable.js';
import { reasonOf } from '../http/reason.js';
import { tokenInTheClear } from '../secrets/in-the-clear.js';
import { VERSION } from '../version.js';
import { type Answer, judge } from './answer.js';
import { Login } from './login.js';
import { type Destination, type Report, remoteName, type Sent } from './sending.js';
import { readToken } from './token.js';

/** A CDash server. Proxies are those of the environment (`https_proxy`, `no_proxy`), as for curl and so for CTest. */
export class CDash implements Destination {
  readonly name: string;
  readonly #submission: CDashSubmission;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #login: Login | undefined;
  #dispatcher: Dispatcher | undefined;

  constructor(submission: CDashSubmission, environment: NodeJS.ProcessEnv) {
    this.name = submission.url;
    this.#submission = submission;
    this.#environment = environment;
    this.#login = submission.login && new Login(submission.login);
  }

  /**
   * Sends a report by PUT, with the parameters by which CTest names it: FileName, build, site, stamp, MD5. It counts as
   * delivered only once CDash has confirmed it and its MD5: a proxy's friendly page, with status 200, confirms nothing.
   */
  async send(report: Report, signal: AbortSignal): Promise<Sent> {
    const insecure = tokenInTheClear(this.#submission);
    if (insecure !== undefined) return { kind: 'unavailable', message: insecure, lasting: true };
    const token = readToken(this.#submission.token, this.#environment);
    if (token.kind === 'unreadable') return { kind: 'unavailable', message: token.message, lasting: true };
    const file = await openReport(report.path);
    if ('kind' in file) return file;
    try {
      const { size } = await file.stat();
      const md5 = await md5Of(file);
      const first = withParameters(new URL(this.#submission.url), report, md5);
      return await this.#follow(first, file, size, md5, token.text, signal);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
  }

  /** Sends it on while the server redirects, and PUT stays PUT, as curl does on CTest's behalf. */
  async #follow(
    first: URL,
    file: FileHandle,
    size: number,
    md5: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Sent> {
    let url = first;
    let asked = false;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const authorization = token === undefined ? this.#login?.authorization('PUT', url) : `Bearer ${token}`;
      const headers = {
        'content-type': 'text/xml',
        'content-length': String(size),
        'user-agent': `stagelock/${VERSION}`,
        // To another server, a redirect must not carry the token or the password away.
        ...(authorization !== undefined && url.origin === first.origin && { authorization }),
      };
      const answer = await this.#put(url, headers, file, signal);
      if ('kind' in answer) return answer;
      if (answer.status === 401 && !asked && url.origin === first.origin && this.#login?.hear(answer.challenges)) {
        asked = true;
        continue;
      }
      if (!REDIRECTS.has(answer.status) || answer.location === undefined) {
        return judge(answer, md5, this.#login === undefined ? 'token' : 'login');
      }
      if (!URL.canParse(answer.location, url.href)) {
        return { kind: 'unavailable', message: `redirects to ${printable(answer.location)}, which is no URL` };
      }
      const next = new URL(answer.location, url);
      if (next.protocol !== 'https:' && (url.protocol === 'https:' || next.protocol !== 'http:')) {
        return { kind: 'unavailable', message: `redirects to ${next.origin}, which is not https; not followed` };
      }
      url = next;
    }
    return { kind: 'unavailable', message: `redirects more than ${MOST_REDIRECTS} times` };
  }

  async #put(
    url: URL,
    headers: Record<string, string>,
    file: FileHandle,
    signal: AbortSignal,
  ): Promise<Answer | Exclude<Sent, { kind: 'delivered' }>> {
    const { timeoutMs } = this.#submission;
    // Undici's own limits say nothing of a server that stops reading in the middle.
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), timeoutMs);
    try {
      const response = await request(url, {
        method: 'PUT',
        headers,
        body: Readable.from(contentOf(file, () => timer.refresh())),
        dispatcher: this.#connection(),
        signal: AbortSignal.any([signal, silence.signal]),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text: Buffer[] = [];
      let length = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        timer.refresh();
        length += chunk.length;
        if (length > LONGEST_REPLY) return { kind: 'unavailable', message: 'the answer has more than 1 MB' };
        text.push(chunk);
      }
      const { location, 'retry-after': retryAfter, 'www-authenticate': challenge = [] } = response.headers;
      return {
        status: response.statusCode,
        location: firstOf(location),
        retryAfter: firstOf(retryAfter),
        challenges: [challenge].flat(),
        body: Buffer.concat(text),
      };
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted' };
      const message = silence.signal.aborted ? `nothing heard for ${timeoutMs / 1000} s` : reasonOf(error);
      return { kind: 'unavailable', message };
    } finally {
      clearTimeout(timer);
    }
  }

  #connection(): Dispatcher {
    if (this.#dispatcher !== undefined) return this.#dispatcher;
    this.#dispatcher = connectionOf(this.#submission, this.#environment);
    return this.#dispatcher;
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const MOST_REDIRECTS = 5;
const LONGEST_REPLY = 1_000_000;
/** The parameters as CTest sends them, but for names with other letters than ASCII, which it leaves as they are. */
function withParameters(url: URL, report: Report, md5: string): URL {
  const parameters = { FileName: remoteName(report), ...named(report), MD5: md5 };
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const result = new URL(url);
  result.search = [result.search.slice(1), ...query].filter((part) => part !== '').join('&');
  return result;
}

function named({ build, site, stamp }: Report): Record<string, string> {
  return { build, site, stamp };
}

async function openReport(path: string): Promise<FileHandle | Exclude<Sent, { kind: 'delivered' }>> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return { kind: 'refused', message: `${path} is not a regular file` };
  } catch (error) {
    if (errorCode(error) === 'ELOOP') return { kind: 'refused', message: `${path} is a symbolic link` };
    return { kind: 'unavailable', message: reasonOf(error) };
  }
}

async function md5Of(file: FileHandle): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of contentOf(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** What the file holds, from its beginning, as often as it is needed. */
async function* contentOf(file: FileHandle, onRead: () => void = () => undefined): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    onRead();
    yield buffer.subarray(0, bytesRead);
  }
}

const CHUNK = 256 * 1024;
