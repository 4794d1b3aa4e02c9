import { createReadStream } from 'node:fs';
import { readLog } from '../contention/read-log.js';
import { describeContention } from '../contention/report.js';
import { errorCode } from '../host/error-code.js';
import { errorText } from '../text/error-text.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';

/** `stagelock contention FILE` */
export async function contentionCommand(
  file: string,
  { json = false, top }: { readonly json?: boolean; readonly top: string },
): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(top)) throw new Refusal(EXIT.usage, `--top ${top}: expected a number of at least 1`);
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 });
  const name = file === '-' ? 'standard input' : shown(file);
  let contention: Awaited<ReturnType<typeof readLog>>;
  try {
    contention = await readLog(input, Number(top));
  } catch (error) {
    throw errorCode(error) === undefined ? error : new Refusal(EXIT.usage, cannotRead(name, error));
  }
  if (!json) {
    process.stdout.write(`${describeContention(contention, name).join('\n')}\n`);
    return;
  }
  const { fromMs, toMs, ...rest } = contention;
  const span = { from: isoTime(fromMs), to: isoTime(toMs) };
  process.stdout.write(`${jsonText({ file: file === '-' ? 'standard input' : file, ...span, ...rest }, 2)}\n`);
}

function cannotRead(name: string, error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `${name}: there is no such file; ct-lock-helper creates the file that CT_LOCK_LOG names when it first has to wait`;
    case 'EISDIR':
      return `${name}: is a directory; name the file that CT_LOCK_LOG names`;
    case 'EACCES':
      return `${name}: no permission to read it`;
    default:
      return `${name}: cannot be read: ${errorText(error)}`;
  }
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
