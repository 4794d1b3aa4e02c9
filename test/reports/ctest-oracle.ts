import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readXml } from '../../src/xml/events.js';
import { temporaryDirectory } from '../updates/repository.js';

/** An error or a warning of a `Build.xml`. */
export interface ReportedFinding {
  readonly kind: string;
  readonly logLine: number;
  readonly text: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly before: string;
  readonly after: string;
}

/** What a `Build.xml` names, in its order. */
export function readFindings(xml: Buffer): ReportedFinding[] {
  const findings: ReportedFinding[] = [];
  let texts: Record<string, string> = {};
  readXml(xml, {
    open: (name) => {
      if (name === 'Error' || name === 'Warning') texts = {};
    },
    close: (name, text) => {
      if (name !== 'Error' && name !== 'Warning') {
        texts[name] = text;
        return;
      }
      findings.push({
        kind: name.toLowerCase(),
        logLine: Number(texts['BuildLogLine']),
        text: texts['Text'] ?? '',
        file: texts['SourceFile'],
        line: texts['SourceLineNumber'] === undefined ? undefined : Number(texts['SourceLineNumber']),
        before: texts['PreContext'] ?? '',
        after: texts['PostContext'] ?? '',
      });
    },
  });
  return findings;
}

/** A build directory whose builds write a given log. */
export class LoggedBuild {
  readonly root: string;
  readonly build: string;
  readonly source: string;
  readonly log: string;

  constructor({ root = temporaryDirectory() } = {}) {
    this.root = root;
    this.build = join(root, 'b');
    this.source = join(root, 's');
    this.log = join(this.root, 'log');
    mkdirSync(this.build, { recursive: true });
    mkdirSync(this.source, { recursive: true });
    writeFileSync(
      join(this.build, 'DartConfiguration.tcl'),
      `SourceDirectory: ${this.source}
BuildDirectory: ${this.build}
Site: s
BuildName: n
NightlyStartTime: 00:00:00 UTC
MakeCommand: cat "${this.log}"
`,
    );
  }

  /** What the installed ctest finds in a log, with this `CTestCustom.cmake`. */
  byCTest(log: string | Buffer, custom?: string): ReportedFinding[] {
    writeFileSync(this.log, log);
    if (custom !== undefined) writeFileSync(join(this.build, 'CTestCustom.cmake'), custom);
    const ran = spawnSync('ctest', ['-D', 'ExperimentalStart', '-D', 'ExperimentalBuild'], { cwd: this.build });
    const testing = join(this.build, 'Testing');
    const tag = readdirSync(testing).filter((name) => /^\d{8}-\d{4}$/.test(name));
    const last = tag.sort().at(-1);
    if (last === undefined) throw new Error(ran.stderr.toString());
    return readFindings(readFileSync(join(testing, last, 'Build.xml')));
  }
}
