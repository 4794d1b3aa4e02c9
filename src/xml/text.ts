/** XML's own allowance (https://www.w3.org/TR/xml/#charsets), and the carriage return, which no parser gives back. */
const UNSAFE = /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[&<>]/gu;

/**
 * Text as XML content, well-formed whatever it holds. As CTest does, carriage returns are dropped and characters that
 * no XML document may hold become readable: `[NON-XML-CHAR-0x1]`. A lone surrogate is one of them.
 */
export function xmlText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      // Only needed in `]]>`, but CTest writes it everywhere.
      case '>':
        return '&gt;';
      case '\r':
        return '';
      default:
        return `[NON-XML-CHAR-0x${character.codePointAt(0)?.toString(16).toUpperCase()}]`;
    }
  });
}

/** Text as the value of an attribute in double quotes. */
export function xmlAttribute(text: string): string {
  return xmlText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** An element with nothing but text in it, on a line of its own without its end. */
export function element(name: string, text: string, depth = 1): string {
  return `${'\t'.repeat(depth)}<${name}>${xmlText(text)}</${name}>`;
}
