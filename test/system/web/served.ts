import type { World } from '../../support/world.js';
import { type Running, type Start, start } from '../programs.js';

/** The pages of a world. */
export interface Served {
  /** Without a slash at its end. */
  readonly url: string;
  readonly server: Running;
}

/** Starts the server on a free port and waits until it answers. */
export async function serve(world: World, args: readonly string[] = [], options: Start = {}): Promise<Served> {
  const server = start(world, ['web', '--port', '0', ...args], options);
  const early = server.ended.then((ended) => Promise.reject(new Error(`it has ended: ${JSON.stringify(ended)}`)));
  early.catch(() => undefined);
  await Promise.race([server.untilOutput(/^http:.*\/\n/), early]);
  return { url: server.output.trim().replace(/\/$/, ''), server };
}

/** The text of an answer, its tags kept. */
export async function page(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(url, { headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** What a reader sees of HTML, in one line. */
export function seen(html: string): string {
  return html
    .replaceAll(/<(style|script|title|svg)\b[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}
