// Prints the story: a timeline that fits into 80 columns, who waited for whom, who held what, and who got which change.
import { buildsOf } from './world.mjs';

const COLUMNS = 55;
const LABEL = 23;

export class Report {
  #coloured;

  constructor(stream) {
    this.#coloured = stream.isTTY === true && !process.env.NO_COLOR;
  }

  live(at, who, text) {
    return `${seconds(at).padStart(7)}  ${this.#bold(who.padEnd(10))} ${shortened(text)}`;
  }

  heading(text) {
    return `\n${this.#bold(text)}\n`;
  }

  claim({ claim, problem }) {
    if (problem === undefined) return `  ${this.#colour(32, 'ok')}      ${claim}`;
    return `  ${this.#colour(31, 'FAILED')}  ${claim}\n          ${problem}`;
  }

  /** Rows: what was pushed, what each build did, who held which shared lock, who read the source and compiled what. */
  timeline({ world, activities, compiles, waits, locks, events, end }) {
    const scale = Math.max(0.1, Math.ceil((end / COLUMNS) * 10) / 10);
    const row = (label, marks) => `${label.padEnd(LABEL)}${draw(marks, scale)}`.trimEnd();
    const letterOf = (build) => String.fromCharCode(65 + buildsOf(world).indexOf(build));
    const mark = (spans, letter) => spans.map(({ from, to }) => ({ from, to, letter }));
    const pushed = events.filter((event) => event.what === 'pushed');

    const builds = buildsOf(world).map((build) => {
      const own = (what) => activities.filter((span) => span.build === build && span.what === what);
      const waiting = waits.filter((wait) => wait.build === build && !wait.what.startsWith('shared/'));
      return row(`${letterOf(build)} ${build}`, [
        ...mark(own('build'), 'b'),
        ...mark(own('test'), 't'),
        ...mark(waiting, 'w'),
        ...mark(own('update'), 'U'),
      ]);
    });
    const source = activities.flatMap((span) =>
      span.what === 'update' ? [{ ...span, letter: 'U' }] : mark([span], letterOf(span.build)),
    );
    const objects = [...new Set(compiles.map((span) => span.object))].sort().map((object) =>
      row(
        object,
        compiles.filter((span) => span.object === object).flatMap((span) => mark([span], letterOf(span.build))),
      ),
    );
    const shared = [...new Set(locks.map(({ lock }) => lock))]
      .filter((lock) => lock.startsWith(`${world.primary}/running.`) || lock === `${world.primary}/update`)
      .sort();
    const held = shared.map((name) =>
      row(
        name,
        locks.filter(({ lock }) => lock === name).flatMap((span) => mark([span], letterOf(span.owner))),
      ),
    );
    return [
      `${' '.repeat(LABEL)}${ruler(scale)}`,
      row(
        'pushed',
        pushed.map(({ at, detail }) => ({ from: at, to: at, letter: detail.split(' ').at(-1) })),
      ),
      ...builds,
      '',
      ...held,
      '',
      row('source', [...source, ...overlaps(source)]),
      ...objects,
      '',
      `One column is ${scale} s. w waits for a stage lock, U updates, b builds, t tests.`,
      'Locks: who holds them. source: who reads it (* several) or U updates it.',
      'shared: who compiles it.',
    ].join('\n');
  }

  waits({ waits }) {
    return table(
      ['from', 'for', 'who', 'waited for', 'held by'],
      waits.map(({ from, to, build, what, holder }) => [seconds(from), seconds(to - from), build, what, holder]),
      [8, 7, -11, -24, -24],
    );
  }

  locks({ locks }) {
    const names = [...new Set(locks.map(({ lock }) => lock))].sort();
    return table(
      ['lock', 'owner', 'times', 'in all', 'longest'],
      names.map((name) => {
        const all = locks.filter(({ lock }) => lock === name);
        const times = all.map(({ from, to }) => to - from);
        const sum = times.reduce((total, time) => total + time, 0);
        return [name, all[0].owner, String(all.length), seconds(sum), seconds(Math.max(...times))];
      }),
      [-27, -12, 7, 10, 10],
    );
  }

  updates({ world, updates }) {
    const rows = buildsOf(world).flatMap((build) =>
      updates.get(build).map(({ at, changes, printed }, index) => {
        const got = changes.length === 0 ? 'its first build' : changes.join(', ');
        return [index === 0 ? build : '', String(index + 1), seconds(at), got, printed ?? 'nothing'];
      }),
    );
    return table(['build', 'run', 'at', 'got', 'its program printed'], rows, [-11, 4, 9, -32, -20]);
  }

  #bold(text) {
    return this.#colour(1, text);
  }

  #colour(code, text) {
    return this.#coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** Spans as letters on a line, later ones over earlier ones. */
function draw(spans, scale) {
  const cells = Array(COLUMNS + 1).fill(' ');
  for (const { from, to, letter } of spans) {
    const last = Math.min(COLUMNS, Math.floor(to / scale));
    cells.fill(letter, Math.floor(from / scale), last + 1);
  }
  return cells.join('');
}

/** The parts of spans that overlap, marked as such. */
function overlaps(spans) {
  return spans.flatMap((one, index) =>
    spans.slice(index + 1).flatMap((other) => {
      const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
      return from < to && one.letter !== other.letter ? [{ from, to, letter: '*' }] : [];
    }),
  );
}

/** A second mark every ten columns. */
function ruler(scale) {
  let line = '';
  for (let column = 0; column + 6 <= COLUMNS; column += 10) line = line.padEnd(column) + seconds(column * scale);
  return line;
}

/** Columns of the given widths, negative ones aligned to the left. */
function table(head, rows, widths) {
  const cell = (text, width) => (width < 0 ? ` ${text}`.padEnd(-width) : text.padStart(width));
  return [head, ...rows]
    .map((row) =>
      row
        .map((text, i) => cell(text, widths[i]))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

function seconds(value) {
  return `${value.toFixed(1)} s`;
}

/** Without the directories that every stage lock is in, and the time limit that none of them reaches. */
function shortened(text) {
  return text.replace(/\/\S*\/builds\/([^/]+)\/Testing\/Temporary\//g, '$1/').replace(/, at most .*/, '');
}
