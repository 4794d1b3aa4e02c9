import { describe, expect, test } from 'vitest';
import {
  array,
  boolean,
  count,
  ifRight,
  integer,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  parseRecord,
  recordText,
  rightOf,
  string,
  time,
  where,
} from '../../src/records/schema.js';

const PROCESS = object({ pid: integer(1, 0x7fffffff), processStart: optional(count) });
const JOB = object({
  id: string(/^[0-9a-f]{4}$/),
  began: time,
  keeper: PROCESS,
  words: array(string(undefined, 10)),
  kind: oneOf('update', 'build'),
  marks: optional(map(string(), /^[a-z]+$/)),
  isOver: optional(boolean),
});
const GOOD = {
  id: '00ff',
  began: '2002-01-31T11:21:00Z',
  keeper: { pid: 7 },
  words: ['a', 'b'],
  kind: 'build',
} as const;
const parse = (value: unknown): unknown => parseRecord(JOB, JSON.stringify(value));

describe('a record', () => {
  test('is read as it was written, without what is missing', () => {
    const all = { ...GOOD, keeper: { pid: 7, processStart: 0 }, marks: { run: 'x' }, isOver: false };
    expect(parse(all)).toEqual(all);
    expect(parseRecord(JOB, recordText(JOB, GOOD))).toEqual(GOOD);
    expect(recordText(PROCESS, { pid: 7 })).toBe('{"pid":7}\n');
  });

  test('is none when anything in it is something else', () => {
    const bad: readonly object[] = [
      { id: undefined },
      { id: '00FF' },
      { id: '00ff\n' },
      { id: '00ff\0' },
      { began: 'some day' },
      { began: 1 },
      { keeper: 7 },
      { keeper: null },
      { keeper: [7] },
      { keeper: {} },
      { keeper: { pid: 0 } },
      { keeper: { pid: -1 } },
      { keeper: { pid: 1.5 } },
      { keeper: { pid: '7' } },
      { keeper: { pid: 2 ** 31 } },
      { keeper: { pid: 7, processStart: null } },
      { keeper: { pid: 7, processStart: 2 ** 53 } },
      { words: { 0: 'a', length: 1 } },
      { words: 'ab' },
      { words: ['a', 1] },
      { words: ['a', null] },
      { words: ['x'.repeat(11)] },
      { kind: 'Build' },
      { kind: ['build'] },
      { marks: { Run: 'x' } },
      { marks: { run: 1 } },
      { marks: ['x'] },
      { isOver: 0 },
      { isOver: null },
    ];
    for (const more of bad) expect([more, parse({ ...GOOD, ...more })]).toEqual([more, undefined]);
    for (const text of ['', ' ', '{', 'null', '7', '"x"', '[]', '[{}]', '{}', JSON.stringify(GOOD).slice(0, -1)]) {
      expect(parseRecord(JOB, text)).toBeUndefined();
    }
  });

  test('has no number that JSON cannot write: what is too large is read as infinite', () => {
    const text = (pid: string): string =>
      JSON.stringify({ ...GOOD, keeper: 0 }).replace('"keeper":0', `"keeper":{"pid":${pid}}`);
    expect(parseRecord(JOB, text('7'))).toMatchObject({ keeper: { pid: 7 } });
    for (const pid of ['1e999', '-1e999', '9007199254740993', 'NaN', '7e-1', '0x7']) {
      expect(parseRecord(JOB, text(pid))).toBeUndefined();
    }
    expect(parseRecord(object({ ms: number() }), '{"ms":1e999}')).toBeUndefined();
    expect(parseRecord(object({ ms: number(0, 10) }), '{"ms":0.5}')).toEqual({ ms: 0.5 });
  });

  test('may say null where that means nothing', () => {
    const schema = object({ owner: nullable(string()) });
    expect(parseRecord(schema, '{"owner":null}')).toEqual({ owner: null });
    expect(parseRecord(schema, '{"owner":"a"}')).toEqual({ owner: 'a' });
    for (const text of ['{}', '{"owner":0}', '{"owner":false}']) expect(parseRecord(schema, text)).toBeUndefined();
  });

  test('does not have what every object has', () => {
    const schema = object({ constructor: optional(string()), toString: optional(count) });
    expect(parseRecord(schema, '{}')).toEqual({});
    expect(schema.check(Object.create({ toString: 1 }))).toBe(true);
    expect(object({ id: string() }).check(Object.create({ id: 'inherited' }))).toBe(false);
  });

  test('ignores the keys of newer versions, and `__proto__` is a key like others', () => {
    const text = JSON.stringify(GOOD).replace('{', '{"__proto__":{"isOver":true},"constructor":1,"newer":[],');
    const read = parseRecord(JOB, text);
    expect(read).toEqual(GOOD);
    expect(read?.isOver).toBeUndefined();
    expect(Object.keys(read ?? {})).toEqual(Object.keys(GOOD));
    const marks = parseRecord(map(string()), '{"__proto__":"x","a":"y"}');
    expect(Object.entries(marks ?? {})).toEqual([
      ['__proto__', 'x'],
      ['a', 'y'],
    ]);
    expect(Object.getPrototypeOf(marks)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['isOver']).toBeUndefined();
  });

  test('counts by the last of two equal keys, which is the one that is checked', () => {
    expect(parseRecord(PROCESS, '{"pid":7,"pid":8}')).toEqual({ pid: 8 });
    expect(parseRecord(PROCESS, '{"pid":7,"pid":"8"}')).toBeUndefined();
  });

  test('of any depth costs no stack', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(parseRecord(JOB, deep)).toBeUndefined();
    expect(parseRecord(PROCESS, `{"pid":7,"newer":${deep}}`)).toEqual({ pid: 7 });
    expect(parseRecord(map(string()), `{"a":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`)).toBeUndefined();
  });
});

describe('what may be wrong without harm', () => {
  test('counts as missing', () => {
    const schema = object({ host: string(), home: ifRight(PROCESS) });
    expect(parseRecord(schema, '{"host":"a","home":{"pid":7,"x":1}}')).toEqual({ host: 'a', home: { pid: 7 } });
    for (const home of ['null', '7', '{}', '{"pid":"7"}', '[]']) {
      expect(parseRecord(schema, `{"host":"a","home":${home}}`)).toEqual({ host: 'a' });
    }
  });

  test('is left out of a list', () => {
    const schema = object({ list: rightOf(PROCESS) });
    expect(parseRecord(schema, '{"list":[{"pid":7},7,null,{"pid":0},{"pid":8,"x":1}]}')).toEqual({
      list: [{ pid: 7 }, { pid: 8 }],
    });
    for (const list of ['{}', '"x"', 'null', '{"length":1,"0":{"pid":7}}']) {
      expect(parseRecord(schema, `{"list":${list}}`)).toEqual({ list: [] });
    }
  });

  test('or is refused for what several members say together', () => {
    const schema = where(object({ from: count, to: count }), ({ from, to }) => from <= to);
    expect(parseRecord(schema, '{"from":1,"to":2}')).toEqual({ from: 1, to: 2 });
    expect(parseRecord(schema, '{"from":2,"to":1}')).toBeUndefined();
    expect(parseRecord(schema, '{"from":"2","to":1}')).toBeUndefined();
  });
});
