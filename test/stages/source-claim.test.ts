import { describe, expect, it } from 'vitest';
import { type Claimant, judgeClaim } from '../../src/stages/source-claim.js';
import { type Claim, parseClaim } from '../../src/updates/claim.js';

const HERE: Claimant = {
  build: 'gcc',
  directory: '/b/gcc',
  configFile: '/etc/ci/stagelock.toml',
  source: '/src',
  submodules: false,
  host: 'a',
};
const OWN = { identity: 'one', inode: '7' };
const CLAIM: Claim = { format: 1, ...OWN, ...HERE, user: 'ci', since: '2026-11-26T10:00:00.000Z' };
const gone = (): boolean => false;
const there = (): boolean => true;

describe('the claim of a source', () => {
  it.each([
    ['says what is true', {}, 'ours'],
    ['names another build', { build: 'old' }, 'renew'],
    ['names another configuration', { configFile: '/old/stagelock.toml' }, 'renew'],
    ['knows the source by another path', { source: '/mnt/src' }, 'renew'],
    ['was put there by another user, without a number', { inode: undefined }, 'ours'],
    ['was restored with the build directory', { inode: '8' }, 'renew'],
    ['was made by the same directory on another host', { host: 'b', directory: '/net/b/gcc' }, 'renew'],
    ['was made by a directory on another host that was copied here', { host: 'b', inode: '8' }, 'copy'],
  ] as const)('of the same identity that %s', (_, changed, expected) => {
    expect(judgeClaim({ ...CLAIM, ...changed } as Claim, OWN, HERE, gone)).toBe(expected);
  });

  it('of a directory that was moved is renewed, and of one that was copied is not', () => {
    const elsewhere = { ...CLAIM, directory: '/b/old' };
    expect(judgeClaim(elsewhere, OWN, HERE, gone)).toBe('renew');
    expect(judgeClaim(elsewhere, OWN, HERE, there)).toBe('copy');
  });

  it.each([undefined, { identity: 'two', inode: '7' }])(
    'of a wiped directory is that of the same build (%o)',
    (own) => {
      expect(judgeClaim(CLAIM, own, HERE, there)).toBe('renew');
      for (const changed of [{ host: 'b' }, { directory: '/b/x' }, { build: 'x' }, { configFile: '/x' }]) {
        expect(judgeClaim({ ...CLAIM, ...changed }, own, HERE, gone)).toBe('theirs');
      }
    },
  );
});

describe('the text of a claim', () => {
  it('may have keys of newer versions', () => {
    expect(parseClaim(JSON.stringify({ ...CLAIM, more: 1 }))).toMatchObject(CLAIM);
  });

  it.each(Object.keys(CLAIM).filter((key) => key !== 'inode'))('is none without %s', (key) => {
    expect(parseClaim(JSON.stringify({ ...CLAIM, [key]: undefined }))).toBeUndefined();
    expect(parseClaim(JSON.stringify({ ...CLAIM, [key]: null }))).toBeUndefined();
  });

  it.each(['', 'null', '[]', '"x"', '{', '{"format":2}'])('is none in %j', (text) => {
    expect(parseClaim(text)).toBeUndefined();
  });
});
