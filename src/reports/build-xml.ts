import { element } from '../xml/text.js';
import type { Finding } from './log-scan/scan.js';
import { type EndedStage, type ReportHead, siteXml } from './site-xml.js';
import { dateTime, elapsedMinutes, seconds } from './times.js';

/**
 * `Build.xml` with the elements of CTest 3.25, in its order.
 *
 * @param source the source tree: files in it are named as seen from there
 * @param failure how the command ended when it failed without a word that the log was found to hold; empty otherwise. It
 *   is an error of its own then, for a dashboard counts nothing else
 */
export function buildXml(
  head: ReportHead,
  stage: EndedStage,
  findings: readonly Finding[],
  source: string,
  failure: string,
): string {
  const lines =
    failure === '' ? [] : findingElement({ kind: 'error', logLine: 1, text: failure, before: '', after: '' }, source);
  return siteXml(head, [
    '\t<Build>',
    element('StartDateTime', dateTime(stage.started), 2),
    element('StartBuildTime', seconds(stage.started), 2),
    element('BuildCommand', stage.command, 2),
    ...findings.flatMap((finding) => findingElement(finding, source)),
    ...lines,
    '\t\t<Log Encoding="base64" Compression="bin/gzip"/>',
    element('EndDateTime', dateTime(stage.ended), 2),
    element('EndBuildTime', seconds(stage.ended), 2),
    element('ElapsedMinutes', elapsedMinutes(stage.started, stage.ended), 2),
    '\t</Build>',
  ]);
}

function findingElement(finding: Finding, source: string): string[] {
  const name = finding.kind === 'error' ? 'Error' : 'Warning';
  const { file, line } = finding;
  const place =
    file === undefined || line === undefined
      ? []
      : [element('SourceFile', withoutTree(file, source), 3), element('SourceLineNumber', String(line), 3)];
  return [
    `\t\t<${name}>`,
    element('BuildLogLine', String(finding.logLine), 3),
    element('Text', finding.text, 3),
    ...place,
    element('PreContext', finding.before, 3),
    element('PostContext', finding.after, 3),
    element('RepeatCount', '0', 3),
    `\t\t</${name}>`,
  ];
}

function withoutTree(file: string, source: string): string {
  return file.startsWith(`${source}/`) ? file.slice(source.length + 1) : file;
}
