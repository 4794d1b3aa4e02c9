import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { isBuildName } from '../config/names.js';
import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { pause } from '../host/pause.js';
import { familiesOf } from '../metrics/build-metrics.js';
import { objectFamiliesIn } from '../metrics/object-metrics.js';
import { merged, prometheusText } from '../metrics/text-format.js';
import { type PastRun, readRun } from '../stages/history.js';
import { formatDuration } from '../text/duration.js';
import { type Access, denialOf } from './access.js';
import { Changes } from './changes.js';
import { contentionSince } from './contention-since.js';
import { Histories } from './histories.js';
import { Hosts } from './hosts.js';
import { html, text } from './html.js';
import { PAGES, type PageName } from './layout.js';
import { projectPath } from './links.js';
import { LIVE_SCRIPT } from './live-script.js';
import { type Content, pageResponse } from './page-response.js';
import { allPage } from './pages/all.js';
import { buildPage } from './pages/build.js';
import { contentionPage } from './pages/contention.js';
import { gridPage } from './pages/grid.js';
import { endPage, hostBuildPage } from './pages/hosts.js';
import { logPage } from './pages/log.js';
import { nowPage } from './pages/now.js';
import { type ObjectPlaces, objectsPage } from './pages/objects.js';
import { runPage } from './pages/run.js';
import { testsPage } from './pages/tests.js';
import { timelinePage, timelineQuery } from './pages/timeline.js';
import type { ServedProject, ServedProjects } from './served-projects.js';
import { Snapshots } from './snapshots.js';
import { STYLE } from './style.js';

export interface AppOptions {
  readonly projects: ServedProjects;
  readonly host: Host;
  readonly access: Access;
  /** Undefined where the command line names none. */
  readonly objects: ObjectPlaces | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
}

/** How far the page of contention looks back. */
const WEEKS_MS = 21 * 86_400_000;
/** Pages that are open at once, each with a connection of its own. */
const MOST_OPEN = 200;
/** Guessing passwords takes long. */
const WRONG_PASSWORD_MS = 500;

/** Of every answer. */
export const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** The pages, read-only: they know no other method than GET. Nothing in them takes a lock or writes a file. */
export function appOf({ projects, host, access, objects, environment, version }: AppOptions): Hono {
  const histories = new Histories();
  const snapshots = new Snapshots(host, histories);
  const hosts = new Hosts();
  const changes = new Changes(() => projects.all().flatMap(({ project }) => [...project.builds.values()]));
  const app = new Hono();

  const page = (
    served: ServedProject | undefined,
    current: PageName,
    title: string,
    content: () => Content | Promise<Content>,
    status = 200,
  ): Response => {
    const isOnlyProject = projects.all().length === 1;
    const frame = {
      title,
      current,
      served,
      isOnlyProject,
      hasObjects: objects !== undefined,
      version,
      now: new Date(),
    };
    return pageResponse(frame, content, status);
  };
  const missing = (what: string, served?: ServedProject): Response =>
    page(served, 'all', 'Not here', () => html`<p>There is no ${what}.</p>`, 404);

  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
  });
  app.use(async (context, next) => {
    const denial = denialOf(access, {
      host: context.req.header('host'),
      authorization: context.req.header('authorization'),
      address: getConnInfo(context).remote.address,
      user: access.kind === 'proxy' ? context.req.header(access.header) : undefined,
      // A link that a person follows is no page that reads ours.
      site: context.req.header('sec-fetch-dest') === 'document' ? undefined : context.req.header('sec-fetch-site'),
    });
    if (denial === undefined) return next();
    if (denial.status === 401) context.header('www-authenticate', 'Basic realm="stagelock", charset="UTF-8"');
    if (context.req.header('authorization') !== undefined) await pause(WRONG_PASSWORD_MS);
    return context.text(`${denial.why}\n`, denial.status);
  });
  app.use(async (context, next) => {
    if (context.req.method === 'GET' || context.req.method === 'HEAD') return next();
    return context.text('These pages can be read only.\n', 405, { allow: 'GET, HEAD' });
  });

  app.get('/style.css', (context) => context.body(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/live.js', (context) =>
    context.body(LIVE_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/metrics', async (context) => {
    const families = await Promise.all(
      projects.all().map(async ({ project: { name }, project }) => {
        const status = await snapshots.of(project);
        return familiesOf(name, status, status.now);
      }),
    );
    const ofObjects = objects?.lockLog === undefined ? [] : await objectFamiliesIn(objects.lockLog);
    const text = prometheusText(merged([...families.flat(), ...ofObjects]));
    return context.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  app.get('/events', (context) => events(context, changes));

  app.get('/', (context) => {
    const all = projects.all();
    const [only] = all;
    if (all.length === 1 && only !== undefined) return context.redirect(projectPath(only.slug));
    return page(undefined, 'all', 'All projects', async () =>
      allPage(await Promise.all(all.map(async (served) => [served, await snapshots.of(served.project)] as const))),
    );
  });

  app.get('/objects', () => {
    if (objects === undefined)
      return missing('page of objects: the server was started without --objdir and --lock-log');
    const [only] = projects.all().length === 1 ? projects.all() : [];
    return page(only, 'objects', 'Objects', () => objectsPage(objects, host, environment));
  });

  const project = new Hono<{ Variables: { served: ServedProject } }>();
  project.use(async (context, next) => {
    const served = projects.find(context.req.param('project') ?? '');
    if (served === undefined) return missing('such project');
    context.set('served', served);
    return next();
  });
  const titled = (current: keyof typeof PAGES, { project: { name } }: ServedProject): string =>
    `${name}: ${PAGES[current]}`;
  const view = (
    current: keyof typeof PAGES,
    content: (served: ServedProject, query: (name: string) => string | undefined) => Content | Promise<Content>,
  ): void => {
    project.get(current === 'now' ? '/' : `/${current}`, (context) => {
      const served = context.get('served');
      return page(served, current, titled(current, served), () => content(served, (name) => context.req.query(name)));
    });
  };
  const snapshotOf = ({ project: its }: ServedProject) => snapshots.of(its);
  view('now', async (served) => {
    const snapshot = await snapshotOf(served);
    return nowPage(served, snapshot, await hosts.of(served.project, snapshot));
  });
  view('timeline', async (served, query) =>
    timelinePage(served, await snapshotOf(served), timelineQuery(query('minutes'), query('skip')), histories),
  );
  view('grid', async (served) => gridPage(served, await snapshotOf(served), histories));
  view('tests', (served) => testsPage(served, histories));
  view('contention', async (served) =>
    contentionPage(served, await contentionSince(served.project, Date.now() - WEEKS_MS), formatDuration(WEEKS_MS)),
  );

  project.get('/builds/:build', (context) => {
    const served = context.get('served');
    const build = served.project.builds.get(context.req.param('build'));
    if (build === undefined) return missing('such build', served);
    return page(served, 'all', `${served.project.name}/${build.name}`, () => buildPage(served, build));
  });
  project.get('/builds/:build/runs/:run', (context) => {
    const served = context.get('served');
    const build = served.project.builds.get(context.req.param('build'));
    const run = build && runOf(build, context.req.param('run'), histories);
    if (build === undefined || run === undefined) return missing('such run', served);
    return page(served, 'all', `${build.name} ${text(run.stamp, 64)}`, () => runPage(served, build, run));
  });
  project.get('/builds/:build/runs/:run/log/:stage', (context) => {
    const served = context.get('served');
    const build = served.project.builds.get(context.req.param('build'));
    const run = build && runOf(build, context.req.param('run'), histories);
    if (build === undefined || run === undefined) return missing('such run', served);
    const stage = context.req.param('stage');
    return page(served, 'all', `Log of ${text(stage, 64)}, ${build.name} ${text(run.stamp, 64)}`, () =>
      logPage(served, build, run, stage),
    );
  });
  project.get('/hosts/:build', (context) => {
    const served = context.get('served');
    const { coordination, name } = served.project;
    const build = context.req.param('build');
    if (coordination === undefined || !isBuildName(build)) return missing('such build', served);
    return page(served, 'all', `${name}/${build}`, () => hostBuildPage(served, coordination, build));
  });
  project.get('/hosts/:build/runs/:run', (context) => {
    const served = context.get('served');
    const { coordination } = served.project;
    const build = context.req.param('build');
    if (coordination === undefined || !isBuildName(build)) return missing('such build', served);
    return page(served, 'all', `A run of ${build}`, () => endPage(coordination, build, context.req.param('run')));
  });
  app.route('/p/:project', project);
  app.notFound(() => missing('such page'));
  return app;
}

/** The whole history is read only for a run that is not among the newest. */
function runOf({ directory }: Build, run: string, histories: Histories): PastRun | undefined {
  const isIt = (each: PastRun): boolean => each.run === run;
  return histories.newest(directory).findLast(isIt) ?? readRun(directory, run);
}

/** Server-sent events: `changed` whenever a page may show something new. */
function events(context: Context, changes: Changes): Response {
  // Of an answer to HEAD no reader ever sees the body, nor its end.
  if (context.req.method !== 'GET') return context.body(null, 200, { 'content-type': 'text/event-stream' });
  if (changes.listeners >= MOST_OPEN) return context.text('Too many pages are open.\n', 503);
  return streamSSE(context, async (stream) => {
    let wake = (): void => undefined;
    let changed = false;
    const stop = changes.listen(() => {
      changed = true;
      wake();
    });
    stream.onAbort(() => {
      stop();
      wake();
    });
    while (!stream.aborted && !stream.closed) {
      if (changed) {
        changed = false;
        await stream.writeSSE({ event: 'changed', data: '' });
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed || stream.aborted) resolve();
      });
    }
    stop();
  });
}
