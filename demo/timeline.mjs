// The timeline of the demo as a picture: SVG that reads well on light and on dark pages, without fonts of its own.
import { buildsOf } from './world.mjs';

const LABELS = 190;
const TIME = 770;
const ROW = 24;
const BAR = 16;
const TOP = 68;

/** What a build does, in the order of the legend. */
const KINDS = [
  { kind: 'update', text: 'updates the source' },
  { kind: 'wait', text: 'waits for a lock' },
  { kind: 'build', text: 'builds' },
  { kind: 'test', text: 'tests' },
  { kind: 'held', text: 'lock held' },
];

/** Without variables of CSS, which not every viewer knows. */
export const THEMES = {
  light: {
    page: '#ffffff',
    ink: '#1f2328',
    soft: '#59636e',
    line: '#d1d9e0',
    update: '#cf222e',
    wait: '#d4a72c',
    build: '#218bff',
    test: '#2da44e',
    held: '#8c959f',
  },
  dark: {
    page: '#0d1117',
    ink: '#f0f6fc',
    soft: '#9198a1',
    line: '#3d444d',
    update: '#ff7b72',
    wait: '#e3b341',
    build: '#58a6ff',
    test: '#56d364',
    held: '#656c76',
  },
};

const coloursOf = ({ ink, line, ...classes }) =>
  [
    `text, path { fill: ${ink}; } line { stroke: ${line}; }`,
    ...Object.entries(classes).map(([name, colour]) => `.${name} { fill: ${colour}; }`),
  ].join(' ');

export const STYLE = `
    text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
    .title { font-size: 15px; font-weight: 600; }
    ${coloursOf(THEMES.light)}
    .soft { font-size: 12px; }
    @media (prefers-color-scheme: dark) { ${coloursOf(THEMES.dark)} }
  `;

/** The whole picture of a story (story.mjs). */
export function timelineSvg({ world, activities, waits, locks, compiles, events, end }) {
  const scale = TIME / Math.max(end, 1);
  const x = (seconds) => round(LABELS + seconds * scale);
  const bar = (y, { from, to, kind, text }) =>
    `<rect class="${kind}" x="${x(from)}" y="${y + (ROW - BAR) / 2}" width="${Math.max(2, round((to - from) * scale))}" height="${BAR}" rx="2"><title>${escaped(text)}, ${seconds(from)} to ${seconds(to)}</title></rect>`;
  const rows = [
    ...buildsOf(world).map((build) => ({
      label: build,
      note: build === world.primary ? 'primary' : 'secondary',
      bars: [
        ...waits
          .filter((wait) => wait.build === build && !wait.what.startsWith('shared/'))
          .map((wait) => ({ ...wait, kind: 'wait', text: `${build} waits for ${wait.what} of ${wait.holder}` })),
        ...activities
          .filter((span) => span.build === build)
          .map((span) => ({ ...span, kind: span.what, text: `${build}: ${span.what}` })),
      ],
    })),
    ...sharedLocks(world, locks).map((lock) => ({
      label: lock.replace(`${world.primary}/`, ''),
      note: 'lock',
      bars: locks
        .filter((each) => each.lock === lock)
        .map((each) => ({ ...each, kind: 'held', text: `${lock}, held by ${each.owner}` })),
    })),
    ...[...new Set(compiles.map(({ object }) => object))].sort().map((object) => ({
      label: object,
      note: 'object',
      bars: compiles
        .filter((span) => span.object === object)
        .map((span) => ({ ...span, kind: 'build', text: `${span.build} compiles ${object}` })),
    })),
  ];
  const bottom = TOP + (rows.length + 1) * ROW;
  const height = bottom + 62;
  const pushed = events.filter(({ what }) => what === 'pushed');
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABELS + TIME + 20} ${height}" role="img" aria-labelledby="title summary">`,
    '  <title id="title">Three builds share one source tree</title>',
    `  <desc id="summary">${escaped(summaryOf(world, pushed))}</desc>`,
    `  <style>${STYLE}</style>`,
    `  <rect class="page" width="100%" height="100%" rx="6"/>`,
    `  <text class="title" x="16" y="28">Three builds share one source tree: a run of npm start</text>`,
    ...ticks(end).flatMap((tick) => [
      `  <line x1="${x(tick)}" y1="${TOP - 14}" x2="${x(tick)}" y2="${bottom}"/>`,
      `  <text class="soft" x="${x(tick)}" y="${TOP - 20}" text-anchor="middle">${tick} s</text>`,
    ]),
    `  <text x="16" y="${TOP + 17}">changes pushed</text>`,
    ...pushed.map(
      ({ at, detail }) =>
        `  <path d="M ${x(at)} ${TOP + 18} l -5 -10 h 10 z"><title>${escaped(detail)}, ${seconds(at)}</title></path>`,
    ),
    ...rows.flatMap(({ label, note, bars }, index) => {
      const y = TOP + (index + 1) * ROW;
      return [
        `  <text x="16" y="${y + 17}">${escaped(label)} <tspan class="soft">${note}</tspan></text>`,
        ...bars.map((each) => `  ${bar(y, each)}`),
      ];
    }),
    ...KINDS.map(({ kind, text }, index) => {
      const left = 16 + index * 165;
      return `  <rect class="${kind}" x="${left}" y="${bottom + 26}" width="14" height="14" rx="2"/><text class="soft" x="${left + 20}" y="${bottom + 37}">${text}</text>`;
    }),
    '</svg>',
  ].join('\n')}\n`;
}

/** Those by which the builds keep out of each other's way. */
function sharedLocks({ primary }, locks) {
  const names = new Set(locks.map(({ lock }) => lock));
  return [...names].filter((lock) => lock === `${primary}/update` || lock.startsWith(`${primary}/running.`)).sort();
}

function summaryOf(world, pushed) {
  const [primary, ...secondaries] = buildsOf(world);
  return `${primary} updates the source while no other build runs; ${secondaries.join(' and ')} wait for the update and then build. ${pushed.length} changes are pushed meanwhile.`;
}

function ticks(end) {
  const step = end > 60 ? 10 : end > 12 ? 5 : 1;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

const seconds = (value) => `${value.toFixed(1)} s`;
const round = (value) => Math.round(value * 10) / 10;

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
