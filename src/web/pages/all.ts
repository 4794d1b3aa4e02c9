import { counted } from '../../text/counted.js';
import { badge, type Html, html, table } from '../html.js';
import { projectPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import type { Snapshot } from '../snapshots.js';

/** All projects, each in one row. */
export function allPage(projects: readonly (readonly [ServedProject, Snapshot])[]): Html {
  return table(
    'The projects of this server',
    ['Project', 'Builds', 'Broken', 'Running', 'Left locks behind'],
    projects.map(([{ slug, project }, { builds }]) => {
      const broken = builds.filter(({ past }) => past?.judged !== undefined && past.judged.result !== 'done').length;
      const running = builds.filter(({ locks }) => locks.some(({ judgement }) => judgement.fate === 'alive')).length;
      const dead = builds.filter(({ locks }) => locks.some(({ judgement }) => judgement.fate === 'dead')).length;
      return [
        html`<a href="${projectPath(slug)}">${project.name}</a>`,
        counted(builds.length, 'build'),
        broken === 0 ? undefined : badge('bad', String(broken)),
        running === 0 ? undefined : badge('busy', String(running)),
        dead === 0 ? undefined : badge('dead', String(dead)),
      ];
    }),
  );
}
