import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createExclusively, readRegularFile } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';

/** `Testing/BuildId` of a build directory: a random name that stays when the build gets another one in the configuration. */
const FILE = 'BuildId';
const ID = /^[0-9a-f]{16}$/;

/** Whether a text is an identity of a build directory. */
export function isBuildId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/**
 * The identity of a build directory; undefined as long as no build in it has joined its primary, and where something else
 * stands in its place.
 *
 * @throws the system's error
 */
export function readBuildId(buildDirectory: string): string | undefined {
  const text = readRegularFile(fileOf(buildDirectory), 4096)?.trim();
  return isBuildId(text) ? text : undefined;
}

/**
 * The identity of a build directory, made where there is none. To be called under the build's `running`, so that no other
 * run makes one at the same time; if two do, one of them has made it and both return that.
 *
 * @returns undefined where something else stands in its place, which is left alone
 * @throws the system's error, for example ENOSPC; then there is none
 */
export function ensureBuildId(buildDirectory: string): string | undefined {
  const there = readBuildId(buildDirectory);
  if (there !== undefined) return there;
  const file = fileOf(buildDirectory);
  ensureDirectory(join(file, '..'));
  const id = randomBytes(8).toString('hex');
  return createExclusively(file, `${id}\n`) === 'created' ? id : readBuildId(buildDirectory);
}

function fileOf(buildDirectory: string): string {
  return join(buildDirectory, 'Testing', FILE);
}
