import { element } from '../xml/text.js';
import { placeIn, type Trees } from './log-scan/place.js';
import type { Finding, ScanLimits } from './log-scan/scan.js';
import { type EndedStage, type ReportHead, siteXml } from './site-xml.js';
import { dateTime, elapsedMinutes, seconds } from './times.js';

/** What a build log was found to say. */
export interface BuildFindings {
  readonly findings: readonly Finding[];
  readonly limits: ScanLimits;
  /** Files in them are named as seen from there. */
  readonly trees: Trees;
  /**
   * How the command ended when it failed without a word that the log was found to hold; empty otherwise. It is an error of
   * its own then, for a dashboard counts nothing else.
   */
  readonly failure: string;
}

/** `Build.xml` with the elements of CTest 3.25, in its order. */
export function buildXml(head: ReportHead, stage: EndedStage, build: BuildFindings): string {
  const { failure } = build;
  return siteXml(head, [
    '\t<Build>',
    element('StartDateTime', dateTime(stage.started), 2),
    element('StartBuildTime', seconds(stage.started), 2),
    element('BuildCommand', stage.command, 2),
    ...findingElements(build),
    ...(failure === '' ? [] : findingElement({ kind: 'error', logLine: 1, text: failure, before: '', after: '' })),
    '\t\t<Log Encoding="base64" Compression="bin/gzip"/>',
    element('EndDateTime', dateTime(stage.ended), 2),
    element('EndBuildTime', seconds(stage.ended), 2),
    element('ElapsedMinutes', elapsedMinutes(stage.started, stage.ended), 2),
    '\t</Build>',
  ]);
}

const NO_MORE = '\nThe maximum number of reported warnings or errors has been reached!!!\n';

function findingElements({ findings, limits, trees }: BuildFindings): string[] {
  const counts = { error: 0, warning: 0 };
  const most = { error: limits.errors, warning: limits.warnings };
  return findings.flatMap((finding) => {
    counts[finding.kind]++;
    const last = counts[finding.kind] >= most[finding.kind];
    return findingElement(last ? { ...finding, after: finding.after + NO_MORE } : finding, trees);
  });
}

function findingElement(finding: Finding, trees?: Trees): string[] {
  const name = finding.kind === 'error' ? 'Error' : 'Warning';
  const place = trees === undefined ? undefined : placeIn(finding.text, trees);
  return [
    `\t\t<${name}>`,
    element('BuildLogLine', String(finding.logLine), 3),
    element('Text', finding.text, 3),
    ...(place === undefined
      ? []
      : [element('SourceFile', place.file, 3), element('SourceLineNumber', String(place.line), 3)]),
    element('PreContext', finding.before, 3),
    element('PostContext', finding.after, 3),
    element('RepeatCount', '0', 3),
    `\t\t</${name}>`,
  ];
}
