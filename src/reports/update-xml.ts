import { join } from 'node:path';
import { replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import type { MergedUpdate, SystemName } from '../updates/record.js';
import { element, xmlAttribute } from '../xml/text.js';
import { dateTime, elapsedMinutes, seconds } from './times.js';
import { compare, type TouchedFile, touchedFiles } from './touched-files.js';

/** All that an `Update.xml` says. */
export interface UpdateReport {
  /** Program and version that wrote it, `stagelock-1.0.0`. */
  readonly generator: string;
  readonly site: string;
  readonly build: string;
  readonly buildstamp: string;
  /** The command that brought the update, as `updateCommand` gives it. */
  readonly command: string;
  readonly update: MergedUpdate;
  /** What went wrong; empty when all went well, which is how CDash knows. */
  readonly problem: string;
}

/**
 * `Update.xml` with the elements of CTest 3.25, in its order: directories and files sorted by name, each file once, with
 * the author, dates and revision of the last commit that touched it.
 *
 * Where CTest would report only the last of several commits' messages, all are reported, oldest first; the prior revision is
 * that of the whole update (CVS: the file's own). A renamed file appears under both names, as in CTest. Files with
 * uncommitted changes are `Modified` or `Conflicting`, and make the update one with an error:
 * what is built then matches no revision. Times are in UTC.
 */
export function updateXml(report: UpdateReport): string {
  const { update } = report;
  const started = Date.parse(update.started);
  const ended = Date.parse(update.ended);
  const touched = update.modified.length + update.conflicting.length > 0;
  const problem = report.problem === '' && touched ? TOUCHED : report.problem;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Update mode="Client" Generator="${xmlAttribute(report.generator)}">`,
    element('Site', report.site),
    element('BuildName', report.build),
    element('BuildStamp', report.buildstamp),
    element('StartDateTime', dateTime(started)),
    element('StartTime', seconds(started)),
    element('UpdateCommand', report.command),
    element('UpdateType', update.type.toUpperCase()),
    ...treeRevisions(update),
    ...directories(update),
    element('EndDateTime', dateTime(ended)),
    element('EndTime', seconds(ended)),
    element('ElapsedMinutes', elapsedMinutes(started, ended)),
    problem === '' ? '\t<UpdateReturnStatus/>' : element('UpdateReturnStatus', problem),
    '</Update>',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Writes `Testing/<tag>/Update.xml` of a build, from where `ctest -T Submit` takes it. Readers see the old file or the
 * new one, also when this process dies here.
 *
 * @param tag the first line of `Testing/TAG`, `YYYYMMDD-HHMM`
 * @returns the file
 * @throws the system's error, for example ENOSPC; the old file then stays
 */
export function writeUpdateXml(buildDirectory: string, tag: string, xml: string): string {
  if (!/^\d{8}-\d{4}$/.test(tag)) throw new Error(`${JSON.stringify(tag)} is not a tag (YYYYMMDD-HHMM)`);
  return write(join(buildDirectory, 'Testing', tag), 'Update.xml', xml);
}

/**
 * Writes `Testing/Temporary/LastUpdate.xml` of the primary, where people and other tools look for its last update.
 * Readers see the old file or the new one, also when this process dies here.
 *
 * @returns the file
 * @throws the system's error, for example ENOSPC; the old file then stays
 */
export function writeLastUpdateXml(buildDirectory: string, xml: string): string {
  return write(join(buildDirectory, 'Testing', 'Temporary'), 'LastUpdate.xml', xml);
}

function write(directory: string, name: string, xml: string): string {
  const file = join(directory, name);
  ensureDirectory(directory);
  replaceAtomically(file, xml);
  return file;
}

/** CVS has no revisions of the tree. CTest writes those of Mercurial with 12 digits, and of Subversion no externals. */
function treeRevisions(update: MergedUpdate): string[] {
  if (update.type === 'cvs') return [];
  const moved = update.prior !== update.revision;
  return [
    element('Revision', shown(update.type, update.revision)),
    ...(moved ? [element('PriorRevision', shown(update.type, update.prior))] : []),
  ];
}

function shown(type: SystemName, revision: string): string {
  if (type === 'hg') return revision.slice(0, 12);
  return type === 'svn' ? revision.replace(/[+@].*$/s, '') : revision;
}

function directories(update: MergedUpdate): string[] {
  const lines: string[] = [];
  for (const [name, files] of byDirectory(touchedFiles(update))) {
    lines.push('\t<Directory>', element('Name', name, 2));
    for (const file of files) lines.push(...fileElement(update.type, file));
    lines.push('\t</Directory>');
  }
  return lines;
}

function byDirectory(files: readonly TouchedFile[]): [string, TouchedFile[]][] {
  const directories = new Map<string, TouchedFile[]>();
  for (const file of files) {
    const [directory] = splitPath(file.path);
    const known = directories.get(directory);
    if (known) known.push(file);
    else directories.set(directory, [file]);
  }
  return [...directories].sort(([a], [b]) => compare(a, b));
}

function fileElement(type: SystemName, { kind, path, last, log, revision, prior }: TouchedFile): string[] {
  const [directory, name] = splitPath(path);
  return [
    `\t\t<${kind}>`,
    element('File', name, 3),
    element('Directory', directory, 3),
    element('FullName', path, 3),
    element('CheckinDate', last === undefined ? UNKNOWN : shownDate(type, last.date), 3),
    element('Author', last?.author ?? UNKNOWN, 3),
    element('Email', last?.email ?? '', 3),
    element('Committer', last?.committer ?? '', 3),
    element('CommitterEmail', last?.committerEmail ?? '', 3),
    element('CommitDate', last === undefined ? '' : shownDate(type, last.committedDate), 3),
    element('Log', log, 3),
    element('Revision', revision === undefined ? UNKNOWN : shown(type, revision), 3),
    element('PriorRevision', prior === undefined ? UNKNOWN : shown(type, prior), 3),
    `\t\t</${kind}>`,
  ];
}

/** What CTest writes for an unknown author. */
const UNKNOWN = 'Unknown';

/** In the words of CTest. */
const TOUCHED = 'Update error: There are modified or conflicting files in the repository';

function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** `2026-11-22T23:03:20+01:00` as CTest writes it: `2026-11-22 23:03:20 +0100`. Those of Subversion it leaves alone. */
function shownDate(type: SystemName, iso: string): string {
  if (type === 'svn') return iso;
  return iso
    .replace('T', ' ')
    .replace(/Z$/, '+00:00')
    .replace(/([+-]\d\d):?(\d\d)$/, ' $1$2');
}
