import { expect, test } from 'vitest';
import { pathInRepository } from '../../../src/updates/svn/info.js';

test.each([
  ['https://svn.example.org/r', ''],
  ['https://svn.example.org/r/', ''],
  ['https://svn.example.org/r/trunk', '/trunk'],
  ['https://svn.example.org/r/C%23/a%20b/%C3%A4%3F%25', '/C#/a b/ä?%'],
])('the path of %s below the root of its repository is %s', (url, path) => {
  expect(pathInRepository({ url, root: 'https://svn.example.org/r' })).toBe(path);
});
