// Prints every sentence that a person may read in a message or in --help: the string and template literals of src/ and native/
// that are made of words. `npm run sentences` prints them all with their places, `npm run sentences -- src/mail` those of a directory.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** @typedef {{ file: string, line: number, text: string }} Sentence */

/** @param {string} path @returns {string[]} */
export function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => filesBelow(join(path, entry.name)));
}

/** A sentence has two words or more in a row; codes, paths and selectors have none. @param {string} text */
const isProse = (text) => /\p{L}{2,}[,.:;)']? [(']?\p{L}{2,}|\p{L}{3,}[:,]? …| \p{L}{2,} …/u.test(text);

/** @param {string} file @returns {Sentence[]} */
export function sentencesOf(file) {
  const text = readFileSync(file, 'utf8');
  const found = /\.[ch]$/.test(file) ? cLiterals(text) : typescriptLiterals(file, text);
  return found.filter((one) => isProse(one.text)).map((one) => ({ file, ...one }));
}

/** @param {string} file @returns {{ line: number, text: string }[]} comments of a source file, one entry each line comment or block */
export function commentsOf(file) {
  const text = readFileSync(file, 'utf8');
  /** @type {{ line: number, text: string }[]} */
  const found = [];
  const add = (/** @type {number} */ from, /** @type {number} */ to) =>
    found.push({ line: text.slice(0, from).split('\n').length, text: text.slice(from, to) });
  if (/\.[ch]$/.test(file)) {
    for (const match of text.matchAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g))
      if (match[0].startsWith('/')) add(match.index, match.index + match[0].length);
    return found;
  }
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const seen = new Set();
  const visit = (/** @type {ts.Node} */ node) => {
    for (const range of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) once(range);
    for (const range of ts.getTrailingCommentRanges(text, node.getEnd()) ?? []) once(range);
    for (const child of node.getChildren(source)) visit(child);
  };
  const once = (/** @type {ts.CommentRange} */ range) => {
    if (seen.has(range.pos)) return;
    seen.add(range.pos);
    add(range.pos, range.end);
  };
  visit(source);
  return found;
}

/** @param {string} file @param {string} text */
function typescriptLiterals(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @type {{ line: number, text: string }[]} */
  const found = [];
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const written = wordsOf(node, source);
    if (written === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    found.push({ line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, text: written });
    for (const part of expressionsIn(node)) ts.forEachChild(part, visit);
  };
  visit(source);
  return found;
}

/** What a literal, or several joined by +, says; an expression in it stands as ….
 * @param {ts.Node} node @param {ts.SourceFile} source @returns {string | undefined} */
function wordsOf(node, source) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [wordsOf(node.left, source), wordsOf(node.right, source)];
    if (left === undefined && right === undefined) return undefined;
    return (left ?? '…') + (right ?? '…');
  }
  return undefined;
}

/** The expressions inside a literal, which may hold literals of their own. @param {ts.Node} node @returns {ts.Node[]} */
function expressionsIn(node) {
  if (ts.isStringLiteralLike(node)) return [];
  if (ts.isTemplateExpression(node)) return [...node.templateSpans];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return [...expressionsIn(node.left), ...expressionsIn(node.right)];
  return [node];
}

/** Neighbouring literals of C are one. @param {string} text */
function cLiterals(text) {
  /** @type {{ line: number, text: string }[]} */
  const found = [];
  const pieces =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#include[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"(?:(?:\s|PRI[a-z0-9]+)*"(?:\\.|[^"\\\n])*")*/gm;
  for (const match of text.matchAll(pieces)) {
    if (!match[0].startsWith('"')) continue;
    const words = [...match[0].matchAll(/"((?:\\.|[^"\\\n])*)"/g)].map((one) => one[1]).join('');
    found.push({
      line: text.slice(0, match.index).split('\n').length,
      text: words.replaceAll('\\n', '\n').replaceAll('\\"', '"'),
    });
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2);
  for (const path of asked.length > 0 ? asked : ['src', 'native'])
    for (const file of filesBelow(path).filter((name) => /\.(ts|[ch])$/.test(name)))
      for (const { line, text } of sentencesOf(file)) console.log(`${file}:${line}: ${text.replaceAll('\n', '⏎')}`);
}
