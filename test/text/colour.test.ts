import { describe, expect, test } from 'vitest';
import { type ColourChoice, isColoured, painter } from '../../src/text/colour.js';

describe('colours', () => {
  test.each<[string, ColourChoice, boolean, NodeJS.ProcessEnv, boolean]>([
    ['at a terminal', 'auto', true, { TERM: 'xterm' }, true],
    ['in a pipe', 'auto', false, { TERM: 'xterm' }, false],
    ['with NO_COLOR', 'auto', true, { TERM: 'xterm', NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR', 'auto', true, { TERM: 'xterm', NO_COLOR: '' }, true],
    ['with NO_COLOR and CLICOLOR_FORCE', 'auto', true, { NO_COLOR: '1', CLICOLOR_FORCE: '1' }, false],
    ['in a pipe with CLICOLOR_FORCE', 'auto', false, { CLICOLOR_FORCE: '1' }, true],
    ['in a pipe with CLICOLOR_FORCE=0', 'auto', false, { CLICOLOR_FORCE: '0' }, false],
    ['at a terminal that knows none', 'auto', true, { TERM: 'dumb' }, false],
    ['with --color always and NO_COLOR', 'always', false, { NO_COLOR: '1' }, true],
    ['with --color never', 'never', true, { CLICOLOR_FORCE: '1' }, false],
  ])('%s', (_, choice, isTTY, environment, expected) => {
    expect(isColoured(choice, { isTTY }, environment)).toBe(expected);
  });

  test('end where their text does', () => {
    expect(painter(true)('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(painter(false)('red', 'x')).toBe('x');
  });
});
