import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type UpdateReport, updateXml, writeLastUpdateXml, writeUpdateXml } from '../../src/reports/update-xml.js';
import { changesBetween } from '../../src/updates/git/changes.js';
import { fetch, type GitSource } from '../../src/updates/git/fetch.js';
import { updateCommand } from '../../src/updates/git/git.js';
import { moveTo } from '../../src/updates/git/move.js';
import { mergeRecords } from '../../src/updates/merge.js';
import { change, record } from '../updates/record.js';
import { environment, originAndClone, temporaryDirectory } from '../updates/repository.js';

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const start = record(1, 'r0', 'r0', []);

function report(more: Partial<UpdateReport> = {}): UpdateReport {
  return {
    generator: 'stagelock-1.0.0',
    site: 'site',
    build: 'gcc-debug',
    buildstamp: '20260102-1000-Continuous',
    command: '"git" "fetch"',
    update: mergeRecords([start], start),
    problem: '',
    ...more,
  };
}

describe('Update.xml', () => {
  it('of an update has the elements of CTest in its order, each file once', () => {
    const records = [
      record(2, 'r0', 'r1', [change('r1', 'top.txt', 'src/b.c')]),
      record(3, 'r1', 'r2', [change('r2', 'src/b.c')]),
    ];
    const xml = updateXml(report({ update: mergeRecords(records, start) }));
    expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Update mode="Client" Generator="stagelock-1.0.0">
	<Site>site</Site>
	<BuildName>gcc-debug</BuildName>
	<BuildStamp>20260102-1000-Continuous</BuildStamp>
	<StartDateTime>Jan 02 10:02 UTC</StartDateTime>
	<StartTime>1767348120</StartTime>
	<UpdateCommand>"git" "fetch"</UpdateCommand>
	<UpdateType>GIT</UpdateType>
	<Revision>r2</Revision>
	<PriorRevision>r0</PriorRevision>
	<Directory>
		<Name></Name>
		<Updated>
			<File>top.txt</File>
			<Directory></Directory>
			<FullName>top.txt</FullName>
			<CheckinDate>2026-01-02 03:04:05 +0100</CheckinDate>
			<Author>author of r1</Author>
			<Email>a@example.org</Email>
			<Committer>c</Committer>
			<CommitterEmail>c@example.org</CommitterEmail>
			<CommitDate>2026-01-02 03:04:06 +0000</CommitDate>
			<Log>message of r1
</Log>
			<Revision>r1</Revision>
			<PriorRevision>r0</PriorRevision>
		</Updated>
	</Directory>
	<Directory>
		<Name>src</Name>
		<Updated>
			<File>b.c</File>
			<Directory>src</Directory>
			<FullName>src/b.c</FullName>
			<CheckinDate>2026-01-02 03:04:05 +0100</CheckinDate>
			<Author>author of r2</Author>
			<Email>a@example.org</Email>
			<Committer>c</Committer>
			<CommitterEmail>c@example.org</CommitterEmail>
			<CommitDate>2026-01-02 03:04:06 +0000</CommitDate>
			<Log>message of r1

message of r2
</Log>
			<Revision>r2</Revision>
			<PriorRevision>r0</PriorRevision>
		</Updated>
	</Directory>
	<EndDateTime>Jan 02 10:03 UTC</EndDateTime>
	<EndTime>1767348210</EndTime>
	<ElapsedMinutes>1</ElapsedMinutes>
	<UpdateReturnStatus/>
</Update>
`);
  });

  it('without news has neither a prior revision nor directories', () => {
    const xml = updateXml(report());
    expect(xml).toContain('<Revision>r0</Revision>');
    expect(xml).not.toMatch(/PriorRevision|Directory/);
  });

  it('of a failed update says what failed', () => {
    const xml = updateXml(report({ problem: 'Update command failed:\n"git" "fetch" <gone>' }));
    expect(xml).toContain(
      '<UpdateReturnStatus>Update command failed:\n"git" "fetch" &lt;gone&gt;</UpdateReturnStatus>',
    );
  });

  it('is written where CTest and people look for it, replacing the one before, and nowhere else', () => {
    const build = temporaryDirectory();
    expect(writeUpdateXml(build, '20260102-1000', '<old/>')).toBe(join(build, 'Testing/20260102-1000/Update.xml'));
    writeUpdateXml(build, '20260102-1000', '<new/>');
    expect(readFileSync(join(build, 'Testing/20260102-1000/Update.xml'), 'utf8')).toBe('<new/>');
    writeLastUpdateXml(build, '<last/>');
    expect(readFileSync(join(build, 'Testing/Temporary/LastUpdate.xml'), 'utf8')).toBe('<last/>');
    expect(() => writeUpdateXml(build, '../x', '')).toThrow('not a tag');
  });
});

describe.skipIf(!has('python3', '--version'))('an independent parser (needs python3)', () => {
  /** Reads documents with expat and gives the Log, FullName and Generator of each. */
  const reader = `
import json, sys, xml.etree.ElementTree as tree
for document in json.load(sys.stdin):
    root = tree.fromstring(document.encode('utf-8'))
    file = root.find('Directory/Updated')
    print(json.dumps([file.find('Log').text, file.find('FullName').text, root.get('Generator')]))
`;
  function parse(documents: readonly string[]): unknown[] {
    const { stdout, stderr } = spawnSync('python3', ['-c', reader], { input: JSON.stringify(documents) });
    if (stderr.length > 0) throw new Error(stderr.toString());
    return stdout
      .toString()
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }
  const withText = (text: string) => {
    const touched = { ...change('r1', `${text}x`), log: `${text}x` };
    const update = mergeRecords([record(2, 'r0', 'r1', [touched])], start);
    return updateXml(report({ generator: `${text}x`, site: text, problem: text, command: text, update }));
  };

  it('gets back every text that XML can hold', () => {
    const texts = fc.sample(
      fc
        .string({
          unit: fc.oneof(
            fc.constantFrom(']]>', '&', '<', '>', '"', "'", '\n', '\t', '&amp;'),
            fc.string({ unit: 'grapheme' }),
          ),
        })
        // Not XML: control characters and U+FFFE and U+FFFF, for which the next test is.
        .filter((text) => !/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)),
      300,
    );
    expect(parse(texts.map(withText))).toEqual(texts.map((text) => [`${text}x`, `${text}x`, `${text}x`]));
  });

  it('accepts whatever else there is: control characters, lone surrogates, no characters', () => {
    const odd = ['\0', '\x01', '\x1b[31m', '\x7f', '\r\n', '\ud800', 'a\udc00b', '\ufffe', '\uffff', '\u{1ffff}'];
    const any = fc.sample(
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
      200,
    );
    expect(parse([...odd, ...any].map(withText))).toHaveLength(odd.length + 200);
    expect(parse([withText('\x01\ud800\r\n')])[0]).toEqual(
      ['\n', '\n', '\n'].map((end) => `[NON-XML-CHAR-0x1][NON-XML-CHAR-0xD800]${end}x`),
    );
  });
});

describe.skipIf(!has('ctest', '--version'))('beside the installed CTest (needs ctest)', () => {
  it('the same update gives the same elements, files, revisions, authors, dates and bytes', async () => {
    // CTest writes the time in UTC and the author's zone behind it, so that its dates are right in no other zone.
    const { TZ } = environment;
    environment['TZ'] = 'UTC';
    onTestFinished(() => {
      if (TZ === undefined) delete environment['TZ'];
      else environment['TZ'] = TZ;
    });
    const { root, origin, clone, checkout } = originAndClone();
    origin.commit('to rename', { 'src/old.c': 'many\nlines\nto\nrecognise\nit\nby\n', 'gone.txt': 'x' });
    clone.git('pull', '-q', '--ff-only');
    origin.git('clone', '-q', origin.directory, join(root, 'ctest'));
    origin.git('mv', 'src/old.c', 'src/new.c');
    origin.git('rm', '-q', 'gone.txt');
    origin.write('ü/日本 <&>.c', 'x');
    origin.git('add', '-A');
    origin.git('commit', '-q', '-m', 'second <&"\' ü ]]>\n\nbody \u0001 end', '--author=Bö <b&b@example.org>');
    origin.git('-c', 'alias.x=!printf x > "$(printf "bad\\351name")"', 'x');
    origin.commit('invalid');
    origin.git('switch', '-q', '-c', 'side');
    origin.commit('side', { 'side.c': 's\n' });
    origin.git('switch', '-q', 'main');
    origin.commit('main', { 'src/b.c': 'main\n' });
    origin.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');

    const theirs = ctestUpdate(root);
    const source: GitSource = { remote: 'origin', branch: 'main', mode: 'fast-forward' };
    const fetched = await fetch(source, checkout);
    if (fetched.kind !== 'fetched') throw new Error(fetched.message);
    expect(await moveTo(source, checkout, fetched)).toEqual({ kind: 'moved' });
    const between = await changesBetween(checkout, fetched.head, fetched.target);
    if (between.kind !== 'changes') throw new Error(between.message);
    const update = mergeRecords([record(2, fetched.head, fetched.target, between.changes)], start);
    const ours = updateXml(report({ command: updateCommand(source), update }));

    expect(directories(ours)).toBe(directories(theirs));
    expect(directories(ours)).toContain('bad[NON-UTF-8-BYTE-0xE9]name');
    expect(elements(ours)).toEqual(elements(theirs));
  });

  /** What `ctest -D ContinuousUpdate` writes for the checkout `ctest`. */
  function ctestUpdate(root: string): string {
    const build = join(root, 'build');
    mkdirSync(build);
    const settings = {
      SourceDirectory: join(root, 'ctest'),
      BuildDirectory: build,
      Site: 'site',
      BuildName: 'gcc-debug',
      UpdateType: 'git',
      UpdateCommand: 'git',
      GITCommand: 'git',
      TimeOut: '100',
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
    writeFileSync(join(build, 'DartConfiguration.tcl'), lines.join(''));
    for (const step of ['ContinuousStart', 'ContinuousUpdate']) {
      spawnSync('ctest', ['-D', step], { cwd: build, env: { ...environment, TZ: 'UTC' } });
    }
    const tag = readFileSync(join(build, 'Testing/TAG'), 'utf8').split('\n')[0] ?? '';
    return readFileSync(join(build, 'Testing', tag, 'Update.xml'), 'utf8');
  }
});

/** Everything from the first directory to the last, byte by byte. */
function directories(xml: string): string {
  return xml.slice(xml.indexOf('\t<Directory>\n'), xml.lastIndexOf('</Directory>'));
}

function elements(xml: string): string[] {
  return Array.from(xml.matchAll(/<(\/?\w+)[\s/>]/g), (match) => match[1] ?? '');
}
