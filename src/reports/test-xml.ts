import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceInPieces } from '../files/atomic-file.js';
import { element, xmlAttribute } from '../xml/text.js';
import { GrowingFile } from './growing-file.js';
import { type EndedStage, type ReportHead, SITE_END, siteBegin } from './site-xml.js';
import { dateTime, elapsedMinutes, seconds } from './times.js';

/** One test that was run, or was not. */
export interface TestRun {
  readonly name: string;
  /** Where it belongs, as a path: `suite/group`. */
  readonly path: string;
  readonly status: 'passed' | 'failed' | 'notrun';
  readonly seconds: number;
  readonly command: string;
  /** `Completed`, `Failed`, `Timeout`, the name of a signal. */
  readonly completion: string;
  /** Undefined when that is not known. */
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** So many characters of output a report holds, of all tests. No dashboard takes more, and a disk must not be filled. */
const MOST_OUTPUT = 1024 * 1024 * 1024;
const LEFT_OUT = '[left out: the outputs of the tests before this one are as much as a report holds]';

/** Takes the tests of a report, one after the other. */
export class TestList {
  readonly #names: GrowingFile;
  readonly #details: GrowingFile;
  readonly #mostOutput: number;
  #output = 0;
  #counts = { all: 0, failed: 0 };

  /**
   * @param names where their list is written
   * @param details where everything about them is written
   */
  constructor(names: GrowingFile, details: GrowingFile, mostOutput: number) {
    this.#names = names;
    this.#details = details;
    this.#mostOutput = mostOutput;
  }

  /** How many tests there are so far. */
  get counts(): { readonly all: number; readonly failed: number } {
    return this.#counts;
  }

  /** @throws the system's error */
  add(test: TestRun): void {
    this.#output += test.output.length;
    const kept = this.#output <= this.#mostOutput || test.output === '' ? test : { ...test, output: LEFT_OUT };
    this.#names.write(`${element('Test', fullName(test), 3)}\n`);
    this.#details.write(`${testElement(kept).join('\n')}\n`);
    this.#counts = { all: this.#counts.all + 1, failed: this.#counts.failed + (test.status === 'failed' ? 1 : 0) };
  }

  /**
   * Adds all tests of a source, or none of them.
   *
   * @returns what the source has thrown
   * @throws the system's error when they cannot be written
   */
  async addAllOrNone(source: (add: (test: TestRun) => void) => Promise<void>): Promise<{ readonly error?: unknown }> {
    const [names, details, counts] = [this.#names.mark(), this.#details.mark(), this.#counts];
    let isWriting = false;
    try {
      await source((test) => {
        isWriting = true;
        this.add(test);
        isWriting = false;
      });
      return {};
    } catch (error) {
      if (isWriting) throw error;
      this.#names.cutTo(names);
      this.#details.cutTo(details);
      this.#counts = counts;
      return { error };
    }
  }
}

/** What is in a `Test.xml` besides its tests. */
interface TestReport {
  readonly head: ReportHead;
  readonly stage: EndedStage;
  /** So many bytes of output are kept in all. */
  readonly mostOutput?: number;
}

/**
 * Writes `Test.xml` with the elements of CTest 3.25, in its order, so that it appears whole. It takes the memory of one test,
 * however many there are.
 *
 * @param addTests adds them in their order
 * @throws what `addTests` throws, and the system's error; an old report then stays
 */
export async function writeTestXml(
  file: string,
  { head, stage, mostOutput = MOST_OUTPUT }: TestReport,
  addTests: (tests: TestList) => Promise<void>,
): Promise<void> {
  await replaceInPieces(file, async (fd) => {
    const report = new GrowingFile(fd);
    const details = GrowingFile.unnamed(dirname(file));
    try {
      const begin = [
        '\t<Testing>',
        element('StartDateTime', dateTime(stage.started), 2),
        element('StartTestTime', seconds(stage.started), 2),
        '\t\t<TestList>',
      ];
      report.write(`${siteBegin(head)}${begin.join('\n')}\n`);
      await addTests(new TestList(report, details, mostOutput));
      report.write('\t\t</TestList>\n');
      report.append(details);
      const end = [
        element('EndDateTime', dateTime(stage.ended), 2),
        element('EndTestTime', seconds(stage.ended), 2),
        element('ElapsedMinutes', elapsedMinutes(stage.started, stage.ended), 2),
        '\t</Testing>',
      ];
      report.write(`${end.join('\n')}\n${SITE_END}`);
      report.flush();
    } finally {
      closeSync(details.fd);
    }
  });
}
const fullName = ({ path, name }: TestRun): string => `./${path === '' ? '' : `${path}/`}${name}`;

function testElement(test: TestRun): string[] {
  const failure =
    test.status !== 'failed'
      ? []
      : [
          ...measurement('text/string', 'Exit Code', test.completion === 'Completed' ? 'Failed' : test.completion),
          ...(test.exitCode === undefined ? [] : measurement('text/string', 'Exit Value', String(test.exitCode))),
        ];
  return [
    `\t\t<Test Status="${test.status}">`,
    element('Name', test.name, 3),
    element('Path', `.${test.path === '' ? '' : `/${test.path}`}`, 3),
    element('FullName', fullName(test), 3),
    element('FullCommandLine', test.command, 3),
    '\t\t\t<Results>',
    ...failure,
    ...measurement('numeric/double', 'Execution Time', String(test.seconds)),
    ...measurement('text/string', 'Completion Status', test.completion),
    ...measurement('text/string', 'Command Line', test.command),
    '\t\t\t\t<Measurement>',
    element('Value', test.output, 5),
    '\t\t\t\t</Measurement>',
    '\t\t\t</Results>',
    '\t\t</Test>',
  ];
}

function measurement(type: string, name: string, value: string): string[] {
  return [
    `\t\t\t\t<NamedMeasurement type="${type}" name="${xmlAttribute(name)}">`,
    element('Value', value, 5),
    '\t\t\t\t</NamedMeasurement>',
  ];
}
