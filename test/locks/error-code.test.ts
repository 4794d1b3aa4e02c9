import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { errorCode } from '../../src/locks/error-code.js';

const systemError = (code: string, errno: number): Error => Object.assign(new Error(code), { code, errno });

test('an error of the system has its name', () => {
  expect(errorCode(systemError('ENOENT', -constants.errno.ENOENT))).toBe('ENOENT');
});

test.each(['ESTALE', 'EDQUOT', 'ENOLCK'] as const)('%s, for which Node has no name, has its name, too', (name) => {
  const number = constants.errno[name];
  // As Node throws it: libuv does not know the number.
  expect(errorCode(systemError(`Unknown system error -${number}`, -number))).toBe(name);
});

test('an unknown number stays as it is', () => {
  expect(errorCode(systemError('Unknown system error -9999', -9999))).toBe('Unknown system error -9999');
});

test('anything else has none', () => {
  for (const value of [new Error('x'), { code: 'ENOENT' }, undefined, 'ENOENT']) expect(errorCode(value)).toBeUndefined();
});
