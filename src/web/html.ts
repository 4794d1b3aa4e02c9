import { html } from 'hono/html';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';

/*
 * Pieces of pages. `html` of hono escapes what is put into it; what may come from a file of others passes through `text` first, since a
 * character that turns the direction of writing deceives readers of a page, too.
 */

export { html };
export type Html = ReturnType<typeof html>;

/** A text of others in one line. */
export function text(value: string, most = 300): string {
  return shown(value, most);
}

/** When something was, for people and programs. */
export function time(iso: string): Html | string {
  return Number.isNaN(Date.parse(iso))
    ? text(iso, 64)
    : html`<time datetime="${text(iso, 64)}">${momentText(iso)}</time>`;
}

/** How long ago something was. */
export function ago(iso: string, nowMs: number): Html {
  return html`<time datetime="${text(iso, 64)}" title="${momentText(iso)}">${formatDuration(Math.max(0, nowMs - Date.parse(iso)) || 0)} ago</time>`;
}

/** A result as a word with a colour and a sign, since colours alone do not tell. */
export function badge(kind: BadgeKind, words: string): Html {
  return html`<span class="badge ${kind}"><span aria-hidden="true">${SIGNS[kind]}</span> ${words}</span>`;
}

export type BadgeKind = 'good' | 'bad' | 'busy' | 'wait' | 'idle' | 'dead';
const SIGNS: Readonly<Record<BadgeKind, string>> = { good: '✓', bad: '✗', busy: '▶', wait: '⧗', idle: '·', dead: '†' };

/** A table with a caption that screen readers read; the columns' names stand in each cell, too, for narrow pages. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string | number | undefined)[])[],
): Html {
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, index) =>
        index === 0
          ? html`<th scope="row">${cell ?? ''}</th>`
          : html`<td data-name="${columns[index] ?? ''}">${cell ?? ''}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}
