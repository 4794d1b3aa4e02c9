import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const api = new URL('../pages/api/typedoc-sidebar.json', import.meta.url);

const group = (text, pages) => ({
  text,
  items: pages.map(([title, page]) => ({ text: title, link: `/${page}` })),
});

/** Links to what is not there end the build, which is what VitePress does unless told otherwise. */
export default defineConfig({
  title: 'stagelock',
  description: 'Staged continuous builds from cron that share one source tree',
  srcDir: 'pages',
  outDir: 'built',
  cleanUrls: true,
  // What a page writes as <name> is text, not a component of Vue.
  markdown: { html: false },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Configuration', link: '/configuration' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      group('Start', [
        ['What it is', ''],
        ['Getting started', 'getting-started'],
        ['The first hour', 'first-hour'],
        ['Crontab, systemd, scheduler', 'crontab'],
        ['Recovery', 'recovery'],
      ]),
      group('Reference', [
        ['Configuration', 'configuration'],
        ['Commands', 'commands'],
        ['Exit codes', 'exit-codes'],
        ['Security', 'security'],
        ['Guarantees', 'guarantees'],
      ]),
      group('Builds', [
        ['The scheduler and the mail', 'scheduler'],
        ['Mail', 'mail'],
        ['Notifications', 'notify'],
        ['Pages for a browser', 'web'],
        ['Version control', 'version-control'],
        ['States of a checkout', 'checkout-states'],
        ['CTest', 'ctest'],
        ['CTest, project by project', 'ctest-projects'],
        ['Reports for a dashboard', 'dashboard'],
      ]),
      group('Object directories', [
        ['Compile launcher', 'compile-launcher'],
        ['Made once', 'made-once'],
        ['Side files', 'side-files'],
        ['Shared directories', 'shared-directories'],
        ['Does locking work here', 'doctor'],
        ['Cleaning up', 'cleanup'],
        ['Locks as a library', 'library'],
      ]),
      group('Background', [
        ['Speed', 'benchmarks'],
        ['Costs as a project grows', 'performance'],
        ['Decisions', 'decisions'],
        ['Vocabulary', 'vocabulary'],
        ['Dependencies', 'dependencies'],
        ['Architecture', 'ARCHITECTURE'],
        ['Contributing', 'CONTRIBUTING'],
        ['Changes', 'CHANGELOG'],
      ]),
      { text: 'API', collapsed: true, items: existsSync(api) ? JSON.parse(readFileSync(api, 'utf8')) : [] },
    ],
  },
});
