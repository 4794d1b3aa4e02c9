import { type Html, html, text } from './html.js';
import { projectPath } from './links.js';
import type { ServedProject } from './served-projects.js';

/** What stands around the content of a page. */
export interface Frame {
  readonly title: string;
  /** Which entry of the navigation it belongs to. */
  readonly current: PageName;
  /** Undefined on the page of all projects. */
  readonly served: ServedProject | undefined;
  readonly isOnlyProject: boolean;
  readonly hasObjects: boolean;
  readonly version: string;
  readonly now: Date;
}

export const PAGES = {
  now: 'Now',
  timeline: 'Timeline',
  grid: 'Grid',
  tests: 'Tests',
  contention: 'Contention',
} as const;
export type PageName = keyof typeof PAGES | 'all' | 'objects';

/** The beginning of a page, up to its content. It needs no look at any build, so a reader has it at once. */
export function head({ title, current, served, isOnlyProject, hasObjects }: Frame): Html {
  const entry = (href: string, name: string, isCurrent: boolean): Html =>
    html`<li><a href="${href}"${isCurrent ? html` aria-current="page"` : ''}>${name}</a></li>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/live.js" defer></script><noscript><meta http-equiv="refresh" content="20"></noscript></head>
<body><a class="skip" href="#main">Skip to the content</a><header><nav aria-label="Pages"><ul>${isOnlyProject ? '' : entry('/', 'All projects', current === 'all')}${
    served === undefined
      ? ''
      : Object.entries(PAGES).map(([page, name]) =>
          entry(projectPath(served.slug, ...(page === 'now' ? [] : [page])), name, page === current),
        )
  }${hasObjects ? entry('/objects', 'Objects', current === 'objects') : ''}</ul></nav><p id="live" class="bad" role="status"></p></header>
<main id="main" data-live tabindex="-1"><h1>${title}</h1>${
    served?.problem === undefined
      ? ''
      : html`<div class="note bad"><strong>The configuration was changed and cannot be used; this page shows the project as it was before:</strong><pre>${text(served.problem, 4000)}</pre></div>`
  }`;
}

/** The end of a page. */
export function foot({ version, now }: Frame): Html {
  return html`</main><footer><p>stagelock ${version}, as of <time datetime="${now.toISOString()}">${now.toLocaleString('sv-SE')}</time></p></footer></body></html>`;
}
