import { xmlAttribute } from '../xml/text.js';
import type { Machine } from './machine.js';

/** Whose report it is. */
export interface ReportHead {
  /** Program and version that wrote it, `stagelock-1.0.0`. */
  readonly generator: string;
  readonly site: string;
  readonly build: string;
  readonly buildstamp: string;
  readonly machine: Machine;
}

/** A stage that has ended. Times are milliseconds since 1970. */
export interface EndedStage {
  readonly started: number;
  readonly ended: number;
  readonly command: string;
}

/** A report of CTest 3.25: the element `Site` with its attributes, and what stands in it. */
export function siteXml(head: ReportHead, lines: readonly string[]): string {
  return `${siteBegin(head)}${lines.join('\n')}\n${SITE_END}`;
}

/** What comes after everything else. */
export const SITE_END = '</Site>\n';

/** What comes before everything else. */
export function siteBegin(head: ReportHead): string {
  const attributes = [
    ['BuildName', head.build],
    ['BuildStamp', head.buildstamp],
    ['Name', head.site],
    ['Generator', head.generator],
    ['CompilerName', ''],
    ['CompilerVersion', ''],
    ...head.machine,
  ].map(([name, value]) => `${name}="${xmlAttribute(value ?? '')}"`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Site ${attributes.join('\n\t')}\n\t>\n`;
}
