// Writes what the native front and the TypeScript one both have to know: from tables/ into native/tables/ and src/tables/. With
// --check it only says whether these are current. Uses nothing but Node; every build runs it first, so that no
// program has what was changed by hand in them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const WIDTH = 120;

/** @returns the path and text of each generated file */
export async function generate() {
  const files = new Map();
  for (const name of readdirSync(join(root, 'tables')).sort()) {
    if (!name.endsWith('.mjs')) continue;
    const from = name.slice(0, -'.mjs'.length);
    const { default: table } = await import(pathToFileURL(join(root, 'tables', name)).href);
    const write = from === 'messages' ? messages : entries;
    const { c, ts } = write(table);
    files.set(`native/tables/${snake(from)}.h`, `${heading(`tables/${name}`)}#pragma once\n\n${c}`);
    files.set(`src/tables/${from}.ts`, `${heading(`tables/${name}`)}${ts}`);
  }
  const { c, ts } = program();
  const sources = 'tables/ct-lock-helper.help.txt and package.json';
  files.set('native/tables/program.h', `${heading(sources)}#pragma once\n\n${c}`);
  files.set('src/tables/helper-help.ts', `${heading('tables/ct-lock-helper.help.txt')}${ts}`);
  files.set('src/version.ts', `${heading('package.json')}export const VERSION = ${quoted(version())};\n`);
  return files;
}

/** Writes what has changed. */
export async function writeTables() {
  const files = await generate();
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (current(path) !== text) writeFileSync(join(root, path), text);
  }
  for (const path of leftOvers(files)) rmSync(join(root, path));
}

/** @returns generated files that are not what they have to be, and texts that only one of the fronts says */
async function problems() {
  const files = await generate();
  const old = [...files].filter(([path, text]) => current(path) !== text).map(([path]) => `${path} is out of date`);
  const more = leftOvers(files).map((path) => `${path} comes from no table`);
  const unused = [...unusedInC(files)].map(([path, name]) => `${path}: nothing in native/ uses ${name}`);
  return [...old, ...more, ...unused];
}

/** What is generated and then not used; TypeScript's are seen by knip. */
function* unusedInC(files) {
  const sources = readdirSync(join(root, 'native')).filter((name) => /\.[ch]$/.test(name));
  const used = new Set(sources.flatMap((name) => readFileSync(join(root, 'native', name), 'utf8').match(/\w+/g)));
  for (const [path, text] of files) {
    if (!path.startsWith('native/')) continue;
    for (const [, name] of text.matchAll(/^(?:#define|enum \{|static const .*?\b(?=\w+(?:\[\])? =)) ?(\w+)/gm))
      if (!used.has(name)) yield [path, name];
  }
}

function leftOvers(files) {
  const directories = ['native/tables', 'src/tables'].filter((directory) => existsSync(join(root, directory)));
  const there = directories.flatMap((directory) =>
    readdirSync(join(root, directory)).map((name) => `${directory}/${name}`),
  );
  return there.filter((path) => !files.has(path) && !WRITTEN_BY_HAND.has(path));
}

const WRITTEN_BY_HAND = new Set(['src/tables/pattern.ts', 'native/tables/.clang-format']);

function current(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/* One entry of a table, in both languages. */

function entries(table) {
  const c = [];
  const ts = [];
  for (const [key, entry] of Object.entries(table)) {
    const [kind] = Object.keys(WRITERS).filter((field) => field in entry);
    if (kind === undefined) throw new Error(`${key}: of no known kind`);
    const written = WRITERS[kind](key, entry, table);
    c.push(comment(entry.about) + written.c);
    ts.push(comment(entry.about) + written.ts);
  }
  const body = c.join('\n');
  const includes = [
    ...(/\bbool\b/.test(body) ? ['<stdbool.h>'] : []),
    ...(/\bNULL\b/.test(body) ? ['<stddef.h>'] : []),
    ...(/\buint\d+_t\b|UINT64_C/.test(body) ? ['<stdint.h>'] : []),
  ].map((name) => `#include ${name}\n`);
  const patterns = /struct (pattern|rule)\b/.test(body)
    ? [`${includes.length > 0 ? '\n' : ''}#include "../pattern.h"\n`]
    : [];
  const head = [...includes, ...patterns].join('');
  const whole = ts.join('\n');
  const types = ['Pattern', 'Rule'].filter((type) => new RegExp(`\\b${type}\\b`).test(whole));
  const imports = types.length > 0 ? `import type { ${types.join(', ')} } from './pattern.js';\n\n` : '';
  return { c: `${head}${head === '' ? '' : '\n'}${body}`, ts: imports + whole };
}

/** By the field that only entries of their kind have; the first one counts. */
const WRITERS = {
  choices: (key, entry) => {
    const names = Object.keys(entry.choices);
    const members = Object.entries(entry.choices).map(
      ([name, about]) => `${comment(about, '  ')}  ${upper(`${entry.prefix}-${name}`)},\n`,
    );
    if (entry.count !== undefined) members.push(`  ${upper(entry.count)},\n`);
    const type = Object.entries(entry.choices).map(([name, about]) => `${comment(about, '  ')}  | ${quoted(name)}`);
    return {
      c: `enum ${snake(key)} {\n${members.join('')}};\n`,
      ts: `export type ${pascal(key)} =\n${type.join('\n')};\n${
        entry.list === undefined
          ? ''
          : `\nexport const ${upper(plural(key))}: readonly ${pascal(key)}[] = [${names.map((name) => quoted(name)).join(', ')}];\n`
      }`,
    };
  },
  rules: (key, entry, table) => {
    const { rules } = entry;
    const meanings = [...new Set(rules.map(({ means }) => means))];
    const own = entry.rulesOf === undefined;
    const prefix = own ? key : table[entry.rulesOf].prefix;
    const type = own ? pascal(key) : pascal(entry.rulesOf);
    const name = own ? `${key}Rules` : key;
    const about = (means) => rules.find((rule) => rule.means === means)?.about;
    const choices = meanings.map((means) => `${comment(about(means), '  ')}  ${upper(`${prefix}-${means}`)},\n`);
    const union = meanings.map((means) => `${comment(about(means), '  ')}  | ${quoted(means)}`);
    const inC = rules.map((rule) => `  {${upper(`${prefix}-${rule.means}`)}, ${cPattern(rule, '   ')}},\n`);
    const inTs = rules.map((rule) => `  { means: ${quoted(rule.means)}, pattern: ${tsPattern(rule, '   ')} },\n`);
    return {
      c: `${own ? `enum ${snake(key)} {\n${choices.join('')}};\n` : ''}static const struct rule ${snake(name)}[] = {\n${inC.join('')}  {NO_RULE, {NULL, NULL, NULL}},\n};\n`,
      ts: `${own ? `export type ${type} =\n${union.join('\n')};\n\n` : ''}export const ${upper(name)}: readonly Rule<${type}>[] = [\n${inTs.join('')}];\n`,
    };
  },
  rows: (key, { struct, by, fields, rows }, table) => {
    const columns = Object.entries(fields);
    const inC = Object.entries(rows).map(([index, row]) => {
      const values = columns.flatMap(([name, field]) =>
        row[name] === undefined ? [] : [`.${snake(name)} = ${cValue(row[name], field, table)}`],
      );
      const at = by === undefined ? '' : `[${upper(`${table[by].prefix}-${index}`)}] = `;
      return filled(`  ${at}{`, values, '},', '    ');
    });
    const inTs = Object.entries(rows).map(([index, row]) => {
      const values = columns.flatMap(([name, field]) =>
        row[name] === undefined ? [] : [`${name}: ${tsValue(row[name], field)}`],
      );
      return filled(
        `  ${by === undefined ? '' : `${/^\w+$/.test(index) ? index : quoted(index)}: `}{ `,
        values,
        ' },',
        '    ',
      );
    });
    const members = columns.map(
      ([name, field]) => `${comment(field.about, '  ')}  ${cType(field, table)}${snake(name)};\n`,
    );
    const properties = columns.map(
      ([name, field]) =>
        `${comment(field.about, '  ')}  readonly ${name}${field.optional || field.type === 'flag' ? '?' : ''}: ${tsType(field)};\n`,
    );
    const all =
      by === undefined ? `readonly ${pascal(struct)}[]` : `Readonly<Record<${pascal(by)}, ${pascal(struct)}>>`;
    const [open, close] = by === undefined ? ['[', ']'] : ['{', '}'];
    return {
      c: `struct ${snake(struct)} {\n${members.join('')}};\nstatic const struct ${snake(struct)} ${snake(key)}[] = {\n${inC.join('')}};\n`,
      ts: `export interface ${pascal(struct)} {\n${properties.join('')}}\n\nexport const ${upper(key)}: ${all} = ${open}\n${inTs.join('')}${close};\n`,
    };
  },
  ranges: (key, { ranges }) => ({
    c: `static const struct {\n  unsigned from, to;\n} ${snake(key)}[] = {\n${filled(
      '',
      ranges.map((range) => `{${range.map(hex).join(', ')}}`),
      ',',
      '  ',
    )}};\n`,
    ts: `export const ${upper(key)}: readonly (readonly [from: number, to: number])[] = [\n${filled(
      '',
      ranges.map((range) => `[${range.map(hex).join(', ')}]`),
      ',',
      '  ',
    )}];\n`,
  }),
  text: (key, { text }) => ({
    c: `#define ${upper(key)} ${cText(text)}\n`,
    ts: `export const ${upper(key)} = ${quoted(text)};\n`,
  }),
  number: (key, { number }) => numberOf(key, String(number)),
  octal: (key, { octal }) => ({
    c: `enum { ${upper(key)} = 0${octal.toString(8)} };\n`,
    ts: `export const ${upper(key)} = 0o${octal.toString(8)};\n`,
  }),
  hex: (key, entry) => numberOf(key, hex(entry.hex)),
  big: (key, { big }) => ({
    c: `#define ${upper(key)} UINT64_C(0x${big.toString(16)})\n`,
    ts: `export const ${upper(key)} = 0x${big.toString(16)}n;\n`,
  }),
  words: (key, entry) => patternOf(key, entry),
  beginnings: (key, entry) => patternOf(key, entry),
  containing: (key, entry) => patternOf(key, entry),
};

const numberOf = (key, value) => ({
  c: `enum { ${upper(key)} = ${value} };\n`,
  ts: `export const ${upper(key)} = ${value};\n`,
});

const patternOf = (key, entry) => ({
  c: `static const struct pattern ${snake(key)} = ${cPattern(entry, '')};\n`,
  ts: `export const ${upper(key)}: Pattern = ${tsPattern(entry, '')};\n`,
});

const split = (list) => (list === undefined ? [] : list.trim().split(/\s+/));
const PARTS = ['words', 'beginnings', 'containing'];

function cPattern(entry, indent) {
  const parts = PARTS.map((part) => cTexts(split(entry[part]), `${indent}   `));
  return `{${parts.join(', ')}}`;
}

function cTexts(texts, indent) {
  if (texts.length === 0) return 'NULL';
  return bracketed('(const char *const[]){', [...texts.map(cText), 'NULL'], '}', indent);
}

function tsPattern(entry, indent) {
  const lists = PARTS.map((part) =>
    bracketed(
      '[',
      split(entry[part]).map((text) => quoted(text)),
      ']',
      `${indent}   `,
    ),
  );
  return `{ words: new Set(${lists[0] === '[]' ? '' : lists[0]}), beginnings: ${lists[1]}, containing: ${lists[2]} }`;
}

function cType({ type }, table) {
  const types = {
    ...{ text: 'const char *', texts: 'const char *const *', flag: 'bool ', number: 'int ', magic: 'uint32_t ' },
    pattern: 'struct pattern ',
  };
  return types[type] ?? `enum ${snake(known(type, table))} `;
}

function cValue(value, { type }, table) {
  switch (type) {
    case 'text':
      return cText(value);
    case 'texts':
      // Never null, so that it can be gone through.
      return value.length === 0 ? '(const char *const[]){NULL}' : cTexts(value, '    ');
    case 'flag':
    case 'number':
      return String(value);
    case 'magic':
      return hex(value);
    case 'pattern':
      return cPattern(value, '    ');
    default:
      if (!(value in table[known(type, table)].choices)) throw new Error(`${value} is no ${type}`);
      return upper(`${table[type].prefix}-${value}`);
  }
}

function known(type, table) {
  if (table[type]?.choices === undefined) throw new Error(`${type} is no type`);
  return type;
}

function tsType({ type }) {
  const types = {
    ...{
      text: 'string',
      texts: 'readonly string[]',
      flag: 'true',
      number: 'number',
      magic: 'number',
      pattern: 'Pattern',
    },
  };
  return types[type] ?? pascal(type);
}

function tsValue(value, { type }) {
  if (type === 'texts') return `[${value.map((text) => quoted(text)).join(', ')}]`;
  if (type === 'pattern') return tsPattern(value, '    ');
  if (type === 'magic') return hex(value);
  return typeof value === 'string' ? quoted(value) : String(value);
}

/* Texts with names of what is to be put into them. */

function messages(table) {
  const c = [];
  const ts = [];
  for (const [key, message] of Object.entries(table)) {
    if (/[%`\\$]/.test(message)) throw new Error(`${key}: % \` \\ $ would mean something else in C or in TypeScript`);
    const parameters = [...message.matchAll(/\{(\w+)(#?)\}/g)].map(([, name, number]) => ({
      name,
      number: number !== '',
    }));
    const format = message.replace(/\{\w+(#?)\}/g, (_, number) => (number === '' ? '%s' : '%ld'));
    const list = parameters.map(({ name, number }) => `${name}: ${number ? 'number' : 'string'}`).join(', ');
    const template = `\`${message.replace(/\{(\w+)#?\}/g, (_, name) => `\${${name}}`)}\``;
    c.push(`#define SAYS_${upper(key)} ${cText(format)}\n`);
    ts.push(
      parameters.length === 0
        ? `export const ${key} = ${quoted(message)};\n`
        : `export const ${key} = (${list}): string => ${template};\n`,
    );
  }
  return { c: c.join(''), ts: ts.join('') };
}

function program() {
  const help = readFileSync(join(root, 'tables', 'ct-lock-helper.help.txt'), 'utf8');
  const lines = help.split(/(?<=\n)/).map((line) => `  ${cText(line)}`);
  return {
    c: `static const char help[] =\n${lines.join('\n')};\n\nstatic const char version[] = ${cText(`ct-lock-helper ${version()} (stagelock)\n`)};\n`,
    ts: `export const HELP = ${quoted(help, '`')};\n`,
  };
}

/* How it looks. */

const heading = (source) => `// Made by scripts/tables.mjs of ${source}: change that.\n`;
const words = (name) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split('-');
const snake = (name) => words(name).join('_');
const upper = (name) => snake(name).toUpperCase();
const pascal = (name) =>
  words(name)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');
const plural = (name) => (name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`);
const hex = (number) => `0x${number.toString(16)}`;
const cText = (text) => `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;

function quoted(text, quote = text.includes("'") ? '"' : "'") {
  if (quote === '"' && text.includes('"')) return quoted(text, '`');
  if (text.includes('\\') || text.includes(quote)) throw new Error(`cannot be quoted: ${text}`);
  if (quote === '`' && text.includes('${')) throw new Error(`would be replaced: ${text}`);
  return quote + text + quote;
}

function comment(about, indent = '') {
  if (about === undefined || about === '') return '';
  const line = `${indent}/** ${about} */`;
  if (line.length <= WIDTH) return `${line}\n`;
  return `${indent}/**\n${wrapped(about.split(' '), ' ', `${indent} * `, WIDTH)}\n${indent} */\n`;
}

/** Values in one line if it has room; else in as many as they need. */
function bracketed(open, values, close, indent) {
  const short = open + values.join(', ') + close;
  if (short.length <= 90) return short;
  return `${open}\n${wrapped(values, ', ', indent, WIDTH)}\n${indent.slice(2)}${close}`;
}

function filled(open, values, close, indent) {
  const line = open + values.join(', ') + close;
  if (line.length <= WIDTH && !line.includes('\n')) return `${open === '' ? indent : ''}${line}\n`;
  const inner = wrapped(values, ', ', indent, WIDTH);
  return open === '' ? `${inner}${close}\n` : `${open.trimEnd()}\n${inner},\n  ${close.trim()}\n`;
}

function wrapped(parts, separator, indent, width) {
  const lines = [];
  let line = indent;
  for (const [index, part] of parts.entries()) {
    const next = part + (index < parts.length - 1 ? separator : '');
    if (line !== indent && (line + next.trimEnd()).length > width) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += next;
  }
  return [...lines, line.trimEnd()].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--check')) {
    const found = await problems();
    for (const problem of found) process.stderr.write(`${problem}\n`);
    if (found.length > 0) process.stderr.write('Run `npm run tables` and commit the result.\n');
    process.exitCode = found.length > 0 ? 1 : 0;
  } else {
    await writeTables();
  }
}
