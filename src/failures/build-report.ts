import { readFileSync } from 'node:fs';
import { errorText } from '../text/error-text.js';
import { readXml } from '../xml/events.js';
import { type Failure, type FoundError, KEPT, keptLines, linesOf } from './failure.js';

/**
 * The errors that a `Build.xml` of CTest names, scraped from a log or reported by its launchers. One that cannot be read is an
 * error by itself: whether the build has passed is not known.
 */
export function errorsOf(file: string): Failure['errors'] {
  const first: FoundError[] = [];
  let count = 0;
  let inError = false;
  let found: Record<string, string> = {};
  const end = (): void => {
    if (!inError) return;
    inError = false;
    count++;
    if (first.length < KEPT.errors) first.push(foundError(found));
  };
  try {
    readXml(readFileSync(file), {
      open: (name, attributes) => {
        if (name === 'Error' || (name === 'Failure' && attributes['type'] === 'Error')) [inError, found] = [true, {}];
        else if (name === 'Warning' || name === 'Failure') inError = false;
      },
      close: (name, text) => {
        if (name === 'Error' || name === 'Failure') end();
        else if (inError) found[name] ??= text;
      },
    });
    return { count, orMore: false, first };
  } catch (error) {
    const text = `${file} cannot be read: ${errorText(error)}`;
    return { count: count + 1, orMore: false, first: [...first, { text, before: [], after: [] }] };
  }
}

/** @param found the texts of the elements of an `Error`, or of a `Failure` of the launchers, by name */
function foundError(found: Readonly<Record<string, string>>): FoundError {
  const { SourceFile: file, SourceLineNumber: line, Text, StdErr, PreContext = '', PostContext = '' } = found;
  const lines = linesOf(Text ?? StdErr ?? '');
  const at = Math.max(
    0,
    lines.findIndex((each) => /error/i.test(each)),
  );
  const [text = ''] = keptLines([lines[at] ?? '']);
  const before = [...linesOf(PreContext), ...lines.slice(0, at)];
  const after = [...lines.slice(at + 1), ...linesOf(PostContext)];
  const place = line !== undefined && /^[1-9]\d{0,8}$/.test(line) ? { line: Number(line) } : {};
  return {
    ...(file !== undefined && file !== '' && { file, ...place }),
    text,
    before: keptLines(before.slice(-KEPT.context)),
    after: keptLines(after.slice(0, KEPT.context)),
  };
}
