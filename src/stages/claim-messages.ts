import { lstatSync } from 'node:fs';
import type { Build } from '../config/project.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { UNREADABLE } from '../updates/claim.js';
import type { ClaimRefusal } from './claim-refusal.js';
import { primaryOf } from './primary-of.js';

/** What a person has to know of a source that a build may not have: why, whose it is, and what to do. */
export function explainClaim(build: Build, refusal: ClaimRefusal): string[] {
  const primary = primaryOf(build);
  const source = shown(primary.source);
  const { file } = refusal;
  switch (refusal.kind) {
    case 'claimed': {
      const { claim } = refusal;
      const whose = build.role === 'primary' ? source : `${source}, the source of its primary ${primary.name},`;
      const elsewhere =
        claim.source === primary.source
          ? ''
          : `, or if this tree is a copy of ${shown(claim.source)} and the claim was copied with it`;
      return [
        `${build.name}: not run, because ${whose} has another primary: ${shown(claim.build)} of ${shown(claim.configFile)}.`,
        ...describe(refusal),
        `  A source has one primary. Make ${primary.name} a secondary of that one, in its configuration, or give it a checkout of its own.`,
        `  If that primary is gone for good${elsewhere}, after a look:`,
        `  rm ${shellWord(file)}`,
      ];
    }
    case 'copy':
      return [
        `${build.name}: not run, because ${shown(primary.directory)} is a copy of the build directory that is the primary of ${source}.`,
        ...describe(refusal),
        '  Give the copy a checkout of its own, or make it a secondary of the original.',
        '  If the original is gone for good, after a look:',
        `  rm ${shellWord(file)}`,
      ];
    case 'unreadable':
      if (refusal.why === UNREADABLE)
        return [
          `${build.name}: not run, because this user cannot read ${shown(file)}, which names the primary of ${source}.`,
          '  Let its owner make it readable for this user, or run the build as a user who can read it.',
        ];
      return [
        `${build.name}: not run, because ${shown(file)} does not name the primary of ${source}: ${shown(refusal.why)}.`,
        '  Find out who put it there and whether another primary updates this source. If none does:',
        `  ${isDirectory(file) ? 'rm -r' : 'rm'} ${shellWord(file)}`,
      ];
    case 'unwritable':
      return [
        `${build.name}: not run, because this user cannot create ${shown(file)}, which names the primary of ${source}: ${refusal.why}.`,
        '  A user who can write there can create it, once for all runs:',
        `  cp ${shellWord(refusal.own)} ${shellWord(file)}`,
      ];
  }
}

function describe({ file, claim }: Extract<ClaimRefusal, { kind: 'claimed' | 'copy' }>): string[] {
  return [
    `  ${shown(file)}: claimed by ${shown(claim.user)} on ${shown(claim.host)}, since ${momentText(claim.since)}`,
    `    build directory: ${shown(claim.directory)}`,
  ];
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
