import { expect, it } from 'vitest';
import { formatProblem, pathText } from '../../src/config/problem.js';

it('a path is written as TOML would write it', () => {
  expect(pathText(['builds', 'gcc-12.3', 'stages', 'build', 'command', 0])).toBe(
    'builds."gcc-12.3".stages.build.command[0]',
  );
  expect(pathText([''])).toBe('""');
});

it('a problem says file, line, key and what is wrong, as far as they are known', () => {
  const message = 'found 5, expected a string';
  expect(formatProblem({ file: 'a.toml', path: 'x.y', line: 3, message })).toBe(`a.toml:3: x.y: ${message}`);
  expect(formatProblem({ file: 'a.toml', path: 'x.y', message })).toBe(`a.toml: x.y: ${message}`);
  expect(formatProblem({ file: 'a.toml', message })).toBe(`a.toml: ${message}`);
});
