import { join } from 'node:path';
import { ensureDirectory, replaceAtomically } from '../locks/index.js';
import type { Change, MergedUpdate } from '../updates/record.js';
import { xmlAttribute, xmlText } from './xml.js';

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

/** One file with everything that the update did to it. */
interface UpdatedFile {
  readonly path: string;
  /** The commits that touched it, oldest first. */
  readonly changes: readonly [Change, ...Change[]];
}

/**
 * `Update.xml` with the elements of CTest 3.25, in its order: directories and files sorted by name, each file once, with
 * the author, dates and revision of the last commit that touched it.
 *
 * Where CTest would tell only the last of several commits' messages, all are told, oldest first; the prior revision is
 * that of the whole update. A renamed file appears under both names, as in CTest. Times are in UTC.
 */
export function updateXml(report: UpdateReport): string {
  const { update } = report;
  const started = Date.parse(update.started);
  const ended = Date.parse(update.ended);
  const moved = update.prior !== update.revision;
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
    element('Revision', update.revision),
    ...(moved ? [element('PriorRevision', update.prior)] : []),
    ...directories(update),
    element('EndDateTime', dateTime(ended)),
    element('EndTime', seconds(ended)),
    element('ElapsedMinutes', String(Math.floor(Math.max(0, ended - started) / 60_000))),
    report.problem === '' ? '\t<UpdateReturnStatus/>' : element('UpdateReturnStatus', report.problem),
    '</Update>',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Writes `Testing/<tag>/Update.xml` of a build, from where `ctest -T Submit` takes it. Readers see the old file or the
 * new one, also when this process dies in here.
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
 * Readers see the old file or the new one, also when this process dies in here.
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

function directories(update: MergedUpdate): string[] {
  const lines: string[] = [];
  for (const [name, files] of byDirectory(updatedFiles(update.changes))) {
    lines.push('\t<Directory>', element('Name', name, 2));
    for (const file of files) lines.push(...updatedElement(file, update.prior));
    lines.push('\t</Directory>');
  }
  return lines;
}

/** Each file once, sorted by path. */
function updatedFiles(changes: readonly Change[]): UpdatedFile[] {
  const files = new Map<string, [Change, ...Change[]]>();
  for (const change of changes) {
    for (const path of touchedPaths(change)) {
      const known = files.get(path);
      if (known) known.push(change);
      else files.set(path, [change]);
    }
  }
  return [...files].map(([path, of]) => ({ path, changes: of })).sort((a, b) => compare(a.path, b.path));
}

/** A renamed file is gone under its old name, which CTest reports as a file of its own. A copied one is not. */
function touchedPaths(change: Change): Set<string> {
  return new Set(
    change.files.flatMap(({ path, oldPath, status }) =>
      oldPath !== undefined && status === 'renamed' ? [oldPath, path] : [path],
    ),
  );
}

function byDirectory(files: readonly UpdatedFile[]): [string, UpdatedFile[]][] {
  const directories = new Map<string, UpdatedFile[]>();
  for (const file of files) {
    const [directory] = splitPath(file.path);
    const known = directories.get(directory);
    if (known) known.push(file);
    else directories.set(directory, [file]);
  }
  return [...directories].sort(([a], [b]) => compare(a, b));
}

function updatedElement({ path, changes }: UpdatedFile, prior: string): string[] {
  const last = changes.at(-1) ?? changes[0];
  const [directory, name] = splitPath(path);
  return [
    '\t\t<Updated>',
    element('File', name, 3),
    element('Directory', directory, 3),
    element('FullName', path, 3),
    element('CheckinDate', commitDate(last.date), 3),
    element('Author', last.author, 3),
    element('Email', last.email, 3),
    element('Committer', last.committer, 3),
    element('CommitterEmail', last.committerEmail, 3),
    element('CommitDate', commitDate(last.committedDate), 3),
    element('Log', changes.map((change) => change.log).join('\n'), 3),
    element('Revision', last.revision, 3),
    element('PriorRevision', prior, 3),
    '\t\t</Updated>',
  ];
}

function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function element(name: string, text: string, depth = 1): string {
  return `${'\t'.repeat(depth)}<${name}>${xmlText(text)}</${name}>`;
}

/** `2026-11-22T23:03:20+01:00` as CTest writes it: `2026-11-22 23:03:20 +0100`. */
function commitDate(iso: string): string {
  return iso
    .replace('T', ' ')
    .replace(/Z$/, '+00:00')
    .replace(/([+-]\d\d):?(\d\d)$/, ' $1$2');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov 22 23:03 UTC`, as CTest writes it. */
function dateTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

/** By code units, so that the order does not depend on anybody's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
