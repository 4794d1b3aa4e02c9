import type { Project } from '../config/project.js';
import { shellWord } from '../text/shell-word.js';
import { blockLinesOf } from './crontab-block.js';

/** A line of a crontab with whose every run the log of a build is emptied. */
export interface EmptyingLine {
  readonly build: string;
  /** As the line names it. */
  readonly log: string;
  /** Whether `crontab --install` replaces it; otherwise a person has written it. */
  readonly isGenerated: boolean;
}

/**
 * The lines that run builds of a project and write their output with `>`, as those of version 0.2.0 did: each run then empties what the
 * one before has written, a run without news as well.
 */
export function emptyingLines(crontab: string, { file, builds }: Project): EmptyingLine[] {
  const generated = new Set(blockLinesOf(crontab, file));
  const names = [file, shellWord(file).replaceAll('%', '\\%')];
  return crontab.split('\n').flatMap((line) => {
    if (/^\s*#/.test(line) || !names.some((name) => line.includes(name))) return [];
    const [, build = '', log = ''] =
      / run(?: -[\w-]+)* ([\w.+-]+)\s*1?>(?![>&])\s*(\S.*?)\s*(?:2>.*)?$/.exec(line) ?? [];
    if (!builds.has(build) || log.startsWith('/dev/')) return [];
    return [{ build, log, isGenerated: generated.has(line) }];
  });
}
