import { element, xmlAttribute } from '../xml/text.js';
import { type EndedStage, type ReportHead, siteXml } from './site-xml.js';
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

/** `Test.xml` with the elements of CTest 3.25, in its order. */
export function testXml(head: ReportHead, stage: EndedStage, tests: readonly TestRun[]): string {
  return siteXml(head, [
    '\t<Testing>',
    element('StartDateTime', dateTime(stage.started), 2),
    element('StartTestTime', seconds(stage.started), 2),
    '\t\t<TestList>',
    ...tests.map((test) => element('Test', fullName(test), 3)),
    '\t\t</TestList>',
    ...tests.flatMap(testElement),
    element('EndDateTime', dateTime(stage.ended), 2),
    element('EndTestTime', seconds(stage.ended), 2),
    element('ElapsedMinutes', elapsedMinutes(stage.started, stage.ended), 2),
    '\t</Testing>',
  ]);
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
