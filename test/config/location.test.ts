import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { Locations } from '../../src/config/location.js';

const text = `# [not.a.table]
top = 1 # x = 2

[a."b.c".d] # comment ]
plain = "]#\\"[" # 'tail
multi = """
fake = 1
[fake]
""\\"""" # quotes
literal = '''
fake = 2
'''
list = [
  "one", # ] ,
  { deep = [1,
    2], other = 3 },
]
inline = { x = 1, 'y z' = { w = 2 } }
dotted . "key" = 1979-05-27 07:32:00

[[many]]
x = 1
[[many]]
x = 2
`;

describe('Locations', () => {
  it.each([
    [['top'], 2],
    [['a'], 4],
    [['a', 'b.c', 'd'], 4],
    [['a', 'b.c', 'd', 'plain'], 5],
    [['a', 'b.c', 'd', 'multi'], 6],
    [['a', 'b.c', 'd', 'literal'], 10],
    [['a', 'b.c', 'd', 'list', 0], 14],
    [['a', 'b.c', 'd', 'list', 1, 'deep', 1], 16],
    [['a', 'b.c', 'd', 'list', 1, 'other'], 16],
    [['a', 'b.c', 'd', 'inline', 'y z', 'w'], 18],
    [['a', 'b.c', 'd', 'dotted', 'key'], 19],
    [['many', 0, 'x'], 22],
    [['many', 1, 'x'], 24],
  ])('finds %j on line %d', (path, line) => {
    expect(() => parse(text)).not.toThrow();
    expect(new Locations(text).lineOf(path)).toBe(line);
  });

  it('gives the table around what is not there, and nothing for what is nowhere', () => {
    const locations = new Locations(text);
    expect(locations.lineOf(['a', 'b.c', 'd', 'missing', 'x'])).toBe(4);
    expect(locations.lineOf(['fake'])).toBeUndefined();
    expect(locations.lineOf([])).toBeUndefined();
  });

  it('counts lines that end like on Windows', () => {
    expect(new Locations('a = 1\r\n\r\n[b]\r\nc = 2\r\n').lineOf(['b', 'c'])).toBe(4);
  });

  it('finds every key of any document', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '"', ' ', '#', '[', '=', '\n', "'"), maxLength: 5 });
    const leaf = fc.oneof(word, fc.integer(), fc.boolean(), fc.array(word, { maxLength: 3 }));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.dictionary(word, fc.oneof({ maxDepth: 3 }, leaf, tie('tree')), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(tree, (tables) => {
        // A number that occurs once marks each key, so that its line can be found without a parser.
        let marks = 0;
        const expected: [string[], number][] = [];
        const mark = (value: unknown, path: string[]): unknown => {
          if (typeof value !== 'object' || value === null || Array.isArray(value)) {
            expected.push([[...path, 'mark'], 700_000_000 + marks]);
            return { before: value, mark: 700_000_000 + marks++ };
          }
          return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mark(inner, [...path, key])]));
        };
        const document = stringify(mark(tables, []) as Record<string, unknown>);
        const locations = new Locations(document);
        const lines = document.split('\n');
        for (const [path, number] of expected) {
          expect(lines[(locations.lineOf(path) ?? 0) - 1]).toBe(`mark = ${number}`);
        }
      }),
    );
  });
});
