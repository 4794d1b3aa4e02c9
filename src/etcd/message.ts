import type { Dispatcher } from 'undici';
import { reasonOf } from '../http/reason.js';

/** Of one answer, or of one line of a stream. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** A request for one member. */
export interface Message {
  /** The URL of the member. */
  readonly endpoint: string;
  /** `/v3/kv/range`. */
  readonly path: string;
  readonly body: object;
  readonly token: string | undefined;
}

/** What became of a request at one member. */
export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | { readonly kind: 'overlong'; readonly why: string }
  /** @property sent whether the member may have received it; false only where it certainly has not and will not */
  | { readonly kind: 'lost'; readonly sent: boolean; readonly why: string };

/** Who gets the parts of an answer as they come. */
export interface Listener {
  /** @returns why no more is wanted; undefined to go on */
  part(status: number, chunk: Buffer): string | undefined;
}

/**
 * Sends a request, once, to one member. Never throws.
 *
 * Whether it was sent is known exactly: undici says that a request starts right before it writes it to a connection, and one that has
 * been given up by then is not written at all.
 *
 * @param limitMs until the whole answer is there
 * @param signal gives the request up before
 */
export function send(
  dispatcher: Dispatcher,
  message: Message,
  {
    limitMs,
    signal,
    listener,
  }: { readonly limitMs?: number; readonly signal?: AbortSignal; readonly listener: Listener },
): Promise<{ readonly kind: 'ended'; readonly status: number } | Extract<Reply, { kind: 'lost' }>> {
  return new Promise((resolve) => {
    let started: Dispatcher.DispatchController | undefined;
    let given: string | undefined;
    let status = 0;
    const end = (result: { kind: 'ended'; status: number } | Extract<Reply, { kind: 'lost' }>): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const giveUp = (why: string): void => {
      given ??= why;
      end({ kind: 'lost', sent: started !== undefined, why });
      started?.abort(new Error(why));
    };
    const onAbort = (): void => giveUp('given up');
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => giveUp(`no answer within ${seconds(limitMs)} s`), Math.max(0, limitMs));
    if (signal?.aborted) return giveUp('given up');
    signal?.addEventListener('abort', onAbort, { once: true });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        // What starts again was on a connection that got lost, and may have been received.
        if (given !== undefined || started !== undefined)
          return controller.abort(new Error(given ?? 'connection lost'));
        started = controller;
      },
      onResponseStart(_controller, code) {
        status = code;
      },
      onResponseData(controller, chunk) {
        const enough = listener.part(status, chunk);
        if (enough === undefined) return;
        giveUp(enough);
        controller.abort(new Error(enough));
      },
      onResponseEnd() {
        end({ kind: 'ended', status });
      },
      onResponseError(_controller, error) {
        end({ kind: 'lost', sent: started !== undefined, why: given ?? reasonOf(error) });
      },
    };
    const { endpoint, path, body, token } = message;
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) };
    try {
      dispatcher.dispatch({ origin: endpoint, path, method: 'POST', headers, body: JSON.stringify(body) }, handler);
    } catch (error) {
      end({ kind: 'lost', sent: started !== undefined, why: reasonOf(error) });
    }
  });
}

/** Sends a request to one member, and has the whole of its answer. Never throws. */
export async function ask(
  dispatcher: Dispatcher,
  message: Message,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Reply> {
  const overlong = `the answer is longer than ${MOST_BYTES / 1024 / 1024} MB`;
  const chunks: Buffer[] = [];
  let length = 0;
  const listener: Listener = {
    part(_status, chunk) {
      chunks.push(chunk);
      length += chunk.length;
      return length > MOST_BYTES ? overlong : undefined;
    },
  };
  const ended = await send(dispatcher, message, { limitMs, listener, ...(signal !== undefined && { signal }) });
  if (length > MOST_BYTES) return { kind: 'overlong', why: overlong };
  if (ended.kind === 'lost') return ended;
  return { kind: 'answer', status: ended.status, text: Buffer.concat(chunks).toString('utf8') };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
