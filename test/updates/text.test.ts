import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/updates/text.js';

describe('text from bytes', () => {
  it('is what was written, whatever the characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeText(Buffer.from(text))).toBe(text);
      }),
    );
  });

  it('names every byte that is not UTF-8 and keeps all others', () => {
    expect(decodeText(Buffer.from([0x61, 0xe9, 0x62]))).toBe('a[NON-UTF-8-BYTE-0xE9]b');
    expect(decodeText(Buffer.from('ü\xff', 'latin1'))).toBe('[NON-UTF-8-BYTE-0xFC][NON-UTF-8-BYTE-0xFF]');
    expect(decodeText(Buffer.concat([Buffer.from('ü€😀'), Buffer.from([0xf0, 0x9f])]))).toBe(
      'ü€😀[NON-UTF-8-BYTE-0xF0][NON-UTF-8-BYTE-0x9F]',
    );
  });

  it('agrees with the platform on which bytes are valid', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const valid = (bytes: Uint8Array) => {
      try {
        strict.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    // Around every border of the encoding: continuation bytes, overlong forms, surrogates, the end of Unicode.
    const byte = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xf5,
    );
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 4 }), (bytes) => {
        // An invalid tail forces the slow way, which must keep a valid head as it is.
        const head = Buffer.from(bytes);
        const text = decodeText(Buffer.concat([head, Buffer.from([0x2d, 0xff])]));
        expect(text.replace('-[NON-UTF-8-BYTE-0xFF]', '').includes('NON-UTF-8')).toBe(!valid(head));
      }),
      { numRuns: 2000 },
    );
  });
});
