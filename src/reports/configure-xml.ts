import { element } from '../xml/text.js';
import { type EndedStage, type ReportHead, siteXml } from './site-xml.js';
import { dateTime, elapsedMinutes, seconds } from './times.js';

/**
 * `Configure.xml` with the elements of CTest 3.25, in its order.
 *
 * @param log what the command wrote
 * @param status its exit code
 */
export function configureXml(head: ReportHead, stage: EndedStage, log: string, status: number): string {
  return siteXml(head, [
    '\t<Configure>',
    element('StartDateTime', dateTime(stage.started), 2),
    element('StartConfigureTime', seconds(stage.started), 2),
    element('ConfigureCommand', stage.command, 2),
    element('Log', log, 2),
    element('ConfigureStatus', String(status), 2),
    element('EndDateTime', dateTime(stage.ended), 2),
    element('EndConfigureTime', seconds(stage.ended), 2),
    element('ElapsedMinutes', elapsedMinutes(stage.started, stage.ended), 2),
    '\t</Configure>',
  ]);
}
