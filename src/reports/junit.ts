import { readXmlFile } from '../xml/events.js';
import type { TestRun } from './test-xml.js';

/** Of what one test wrote, and of what is said of its failure, this much is kept. */
const LONGEST_OUTPUT = 64 * 1024;

/**
 * Reads the tests of a JUnit XML file, as any framework writes it: `testcase` elements with `failure`, `error`,
 * `skipped`, `system-out` and `system-err` in them. A file of any length takes the memory of one test, and signals are heard
 * meanwhile.
 *
 * @param each called with each test when it has been read
 * @throws the system's error, and when the file is not well-formed, which may turn out after some tests
 */
export async function readJUnit(file: string, each: (test: TestRun) => void): Promise<void> {
  let attributes: Readonly<Record<string, string>> | undefined;
  let status: TestRun['status'] = 'passed';
  let output: string[] = [];
  let reason = '';
  await readXmlFile(file, {
    open: (name, found) => {
      if (name === 'testcase') [attributes, status, output] = [found, 'passed', []];
      if (name === 'failure' || name === 'error' || name === 'skipped') {
        status = name === 'skipped' ? 'notrun' : 'failed';
        reason = found['message'] ?? '';
      }
    },
    close: (name, text) => {
      if (attributes === undefined) return;
      if (name === 'failure' || name === 'error' || name === 'skipped')
        output.push(text.includes(reason) ? text : `${reason}\n${text}`);
      if (name === 'system-out' || name === 'system-err') output.push(text);
      if (name !== 'testcase') return;
      each({
        name: attributes['name'] ?? '',
        path: (attributes['classname'] ?? '').replaceAll('.', '/').replace(/^\/+|\/+$/g, ''),
        status,
        seconds: Number(attributes['time']?.replaceAll(',', '') ?? 0) || 0,
        command: '',
        completion: 'Completed',
        exitCode: undefined,
        output: output
          .filter((part) => part !== '')
          .join('\n')
          .slice(0, LONGEST_OUTPUT),
      });
      attributes = undefined;
    },
  });
}
