import { errorText } from '../text/error-text.js';
import { type Html, html, text } from './html.js';
import { type Frame, foot, head } from './layout.js';

/** The content of a page: at once, or piece by piece. */
export type Content = Html | AsyncIterable<Html>;

/**
 * A page whose head is sent before its content is put together, so that its reader sees something at once, and whose content is sent as fast
 * as it is read. What goes wrong then stands in the page, since its status is sent.
 */
export function pageResponse(frame: Frame, content: () => Content | Promise<Content>, status = 200): Response {
  const pieces = piecesOf(frame, content);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return new Response(body, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
}

async function* piecesOf(frame: Frame, content: () => Content | Promise<Content>): AsyncGenerator<string, undefined> {
  yield String(await head(frame));
  try {
    const made = await content();
    if (typeof made === 'object' && Symbol.asyncIterator in made)
      for await (const piece of made) yield String(await piece);
    else yield String(await made);
  } catch (error) {
    yield String(
      await html`<div class="note bad">This page could not be put together: ${text(errorText(error), 1000)}</div>`,
    );
  }
  yield String(await foot(frame));
  return undefined;
}
