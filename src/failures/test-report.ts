import { gunzipSync, inflateSync } from 'node:zlib';
import { readXmlFile } from '../xml/events.js';
import { type FailedTest, type Failure, KEPT, keptLines } from './failure.js';

/** What of a compressed output is unpacked at most, in bytes. */
const MOST_OUTPUT = 4 * 1024 * 1024;

/**
 * The failed tests of a `Test.xml`, by stagelock or by CTest, which packs outputs: base64 of zlib's format. A file of any length takes
 * the memory of one test.
 *
 * @throws the system's error, and when it is not well-formed
 */
export async function failedTestsOf(file: string): Promise<Failure['tests']> {
  const first: FailedTest[] = [];
  const counts = { all: 0, failed: 0 };
  let status = '';
  let name = '';
  let why = '';
  let output = '';
  let value = '';
  /** The name of the measurement that is being read; empty for the output. */
  let measurement: string | undefined;
  let packed: Readonly<Record<string, string>> = {};
  await readXmlFile(file, {
    open: (element, attributes) => {
      if (element === 'Test') [status, name, why, output] = [attributes['Status'] ?? '', '', '', ''];
      if (element === 'NamedMeasurement') measurement = attributes['name'] ?? '';
      if (element === 'Measurement') measurement = '';
      if (element === 'Value') packed = attributes;
    },
    close: (element, text) => {
      if (element === 'Value') value = text;
      else if (element === 'Name') name = text;
      else if (element === 'Measurement') [output, measurement] = [unpacked(value, packed), undefined];
      else if (element === 'NamedMeasurement') {
        if (measurement === 'Exit Code' || (measurement === 'Completion Status' && why === '')) why = value;
        measurement = undefined;
      } else if (element === 'Test' && status !== '') {
        counts.all++;
        if (status === 'failed') {
          counts.failed++;
          if (first.length < KEPT.tests) first.push(failedTest(name, why, output));
        }
        status = '';
      }
    },
  });
  return { ...counts, first };
}

function failedTest(name: string, why: string, output: string): FailedTest {
  const lines = output.trimEnd().split('\n');
  const isWord = /^(?:|Completed|Failed)$/.test(why);
  return {
    name: keptLines([name])[0] ?? '',
    ...(!isWord && { why: keptLines([why])[0] ?? '' }),
    output: output.trim() === '' ? [] : keptLines(lines.slice(-KEPT.testLines)),
  };
}

function unpacked(value: string, { encoding, compression }: Readonly<Record<string, string>>): string {
  if (encoding !== 'base64') return value;
  const bytes = Buffer.from(value, 'base64');
  try {
    if (compression === 'gzip' || compression === 'zlib') return inflated(bytes).toString('utf8');
    return bytes.toString('utf8');
  } catch {
    return '[its output cannot be unpacked]';
  }
}

/** CTest says "gzip" and means the format of zlib. */
function inflated(bytes: Buffer): Buffer {
  const limit = { maxOutputLength: MOST_OUTPUT };
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, limit) : inflateSync(bytes, limit);
}
