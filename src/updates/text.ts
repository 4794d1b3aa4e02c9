/** fatal: to notice invalid bytes; ignoreBOM: true keeps a byte order mark, because it is part of what was written. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of bytes that should be UTF-8. A byte that is not becomes `[NON-UTF-8-BYTE-0xE9]`, as CTest writes it, so
 * that two paths that differ only in such bytes stay two paths, and the text is the same in every report.
 */
export function decodeText(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeByParts(bytes);
  }
}

function decodeByParts(bytes: Buffer): string {
  const parts: string[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = validEnd(bytes, start);
    if (end > start) parts.push(bytes.toString('utf8', start, end));
    if (end < bytes.length) parts.push(`[NON-UTF-8-BYTE-0x${(bytes[end] ?? 0).toString(16).toUpperCase()}]`);
    start = end + 1;
  }
  return parts.join('');
}

/** Where the longest run of whole, valid characters from `start` ends. */
function validEnd(bytes: Buffer, start: number): number {
  let end = start;
  while (end < bytes.length) {
    const length = characterLength(bytes, end);
    if (length === 0) break;
    end += length;
  }
  return end;
}

/** Bytes of the character at `at`, or 0 when it is not valid: overlong, a surrogate, beyond U+10FFFF or cut short. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) {
    if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}
