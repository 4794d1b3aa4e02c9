// Man pages, from what --help shows.
import { bold, example, item, literal, page, roff, section, subsection } from './roff.mjs';

/** stagelock(1), from the command objects of commander. */
export function manOfCommands(root, { version, exits, meanings }) {
  const help = root.createHelp();
  const commands = help.visibleCommands(root).filter((command) => command.name() !== 'help');
  return page({ name: root.name(), number: 1, summary: 'staged continuous builds from cron', version }, [
    section('synopsis'),
    `${bold(root.name())} [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]`,
    section('description'),
    roff(
      `${root.description()} Several builds share one source tree: the primary updates it, and secondaries wait for the update and never build during one. Locks of a crashed run stay until you clear them.`,
    ),
    section('options'),
    'Every command takes these, too.',
    ...options(help, root),
    section('commands'),
    ...commands.flatMap((command) => [
      subsection(`${root.name()} ${command.name()} ${command.usage()}`),
      roff(`${sentence(command.description())}`),
      ...command.registeredArguments.map((argument) =>
        item(`\\fI${literal(argument.name())}\\fR`, [roff(argument.description)]),
      ),
      ...options(help, command),
      ...afterHelp(command),
    ]),
    section('exit status'),
    ...Object.entries(exits).map(([name, code]) => item(bold(String(code)), [roff(meanings[name])])),
    item(`${bold('128+')}\\fIN\\fR`, [roff('Ended by signal N.')]),
    section('environment'),
    item(bold('STAGELOCK_CONFIG'), [roff('The configuration, if `--config` does not name one.')]),
    section('files'),
    item(bold('stagelock.toml'), [roff('The configuration, in the current directory or the nearest one above it.')]),
    item(bold('Testing/Temporary/'), [roff('In each build directory: stage locks, logs of stages.')]),
    section('see also'),
    '.BR ct\\-lock\\-helper (1),\n.BR ct\\-cleanup\\-locks (1),\n.BR stagelock.toml (5),\n.BR ctest (1),\n.BR crontab (5),\n.BR flock (1)',
  ]);
}

function options(help, command) {
  const own = help.visibleOptions(command).filter(({ long }) => command.parent === null || long !== '--help');
  return own.map((option) => {
    const preset = option.defaultValue === undefined ? '' : ` (default: ${option.defaultValue})`;
    const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
    return item(flags(option.flags), [roff(`${option.description}${choices}${preset}`)]);
  });
}

/** `-c, --config <file>`: what is typed bold, what stands for something else in italics. */
function flags(text) {
  return text
    .split(', ')
    .map((each) => {
      const [flag, value] = each.split(' ');
      return value === undefined ? bold(flag) : `${bold(flag)} \\fI${literal(value.replace(/[<>]/g, ''))}\\fR`;
    })
    .join(', ');
}

/** What `addHelpText('after', …)` appends. */
function afterHelp(command) {
  let text = '';
  command.emit('afterHelp', { error: false, command, write: (part) => (text += part) });
  return blocksOf(text).map((lines) =>
    /^ /.test(lines[0]) ? example(dedented(lines)) : `.PP\n${roff(joined(lines))}`,
  );
}

/** The page of a program whose help is one text. */
export function manOfHelp({ name, summary, version, seeAlso }, help) {
  const blocks = blocksOf(help);
  const [usage, ...rest] = blocks;
  const parts = [
    section('synopsis'),
    usage.map((line) => synopsis(name, line)).join('\n.br\n'),
    section('description'),
  ];
  for (const lines of rest) {
    const [first] = lines;
    if (/^[A-Z][a-z]+:$/.test(first)) parts.push(section(first.slice(0, -1)), ...list(lines.slice(1)));
    else if (first.startsWith('Exit code: ')) {
      parts.push(section('exit status'), roff(joined(lines).replace('Exit code: ', '').replace(/^./, capital)));
    } else if (first.startsWith(' ')) parts.push(...list(lines));
    else parts.push(`${parts.at(-1).startsWith('.SH') ? '' : '.PP\n'}${roff(joined(lines))}`);
  }
  return page({ name, number: 1, summary, version }, [...parts, section('see also'), seeAlso]);
}

function synopsis(name, line) {
  const words = line
    .replace(/^Usage:/, '')
    .trim()
    .split(' ')
    .slice(1);
  return [bold(name), ...words.map((word) => literal(word))].join(' ');
}

/** Options whose names say it all. */
const ABOUT_ITSELF = 'print this, or the version, and exit';

/** Lines of `  term   meaning`, each with lines that go on further in. */
function list(lines) {
  const items = [];
  for (const line of lines) {
    const [, term, meaning = ''] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (term !== undefined) items.push({ term, meaning: meaning === '' ? [] : [meaning] });
    else items.at(-1).meaning.push(line.trim());
  }
  return items.map(({ term, meaning }) => item(bold(term), [roff(joined(meaning) || ABOUT_ITSELF)]));
}

/** stagelock.toml(5), from the tables of the schema. */
export function manOfConfiguration(tables, { version }) {
  return page({ name: 'stagelock.toml', number: 5, summary: 'configuration of stagelock', version }, [
    section('description'),
    roff(
      'A TOML 1.0 file. Paths are relative to its directory, and `~` is not expanded. A duration is a number of seconds or a text such as "90 s", "10 min", "1 h 30 min" or "2 d". `stagelock check` reports everything that is wrong with a file, `stagelock init` writes one.',
    ),
    ...tables.flatMap(({ header, description, keys }) => [
      section(header),
      roff(description),
      ...keys.map(({ key, type, preset, sentence: text }) =>
        item(
          `${bold(key)} (${literal(type.replaceAll('`', ''))}${preset === undefined ? '' : `, default ${literal(preset)}`})`,
          [roff(text)],
        ),
      ),
    ]),
    section('see also'),
    '.BR stagelock (1)',
  ]);
}

/** Paragraphs and indented parts: what an empty line separates. */
function blocksOf(text) {
  return text
    .split(/\n\s*\n/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0);
}

function dedented(lines) {
  const depth = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(depth));
}

const joined = (lines) => lines.map((line) => line.trim()).join(' ');
const capital = (letter) => letter.toUpperCase();
const sentence = (text) => `${text.replace(/^./, capital)}.`;
