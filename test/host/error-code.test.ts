import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { errorCode } from '../../src/host/error-code.js';

test('the code of a system error', () => {
  expect(errorCode(Object.assign(new Error('no'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(errorCode(new Error('no'))).toBeUndefined();
  expect(errorCode({ code: 'ENOENT' })).toBeUndefined();
});

test('ESTALE, for which Node has no name', () => {
  const code = `Unknown system error -${constants.errno.ESTALE}`;
  expect(errorCode(Object.assign(new Error(code), { code }))).toBe('ESTALE');
  const unknown = 'Unknown system error -999';
  expect(errorCode(Object.assign(new Error(unknown), { code: unknown }))).toBe(unknown);
});
