import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import sax from 'sax';

/** The events for a reader of an XML document, element by element. */
export interface XmlListener {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  /** `text` is all that stood directly in the element, between and around others. */
  readonly close?: (name: string, text: string) => void;
}

/** Takes an XML document in pieces, in UTF-8, so that one of any length needs memory for its deepest element only. */
export interface XmlReader {
  push(chunk: Buffer): void;
  /** @throws when the document was cut off, or is not well-formed */
  end(): void;
}

/** What stands in one element beyond this is dropped: a test that has written a gigabyte. */
const LONGEST_TEXT = 4 * 1024 * 1024;

/**
 * A strict reader. Entities other than those of XML itself are an error, so nothing is ever fetched or expanded.
 *
 * `push` throws at the first thing that is not well-formed.
 */
export function xmlReader({ open, close }: XmlListener): XmlReader {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  const texts: string[] = [];
  let problem: Error | undefined;
  const parser = sax.parser(true, { trim: false, normalize: false });
  parser.onerror = (error) => {
    problem ??= new Error(error.message.split('\n')[0] ?? 'not well-formed');
    parser.resume();
  };
  parser.onopentag = ({ name, attributes }) => {
    texts.push('');
    open?.(name, attributes as Record<string, string>);
  };
  const addText = (text: string): void => {
    const known = texts.at(-1);
    if (known !== undefined && known.length < LONGEST_TEXT) texts[texts.length - 1] = known + text;
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.onclosetag = (name) => close?.(name, texts.pop() ?? '');
  const check = (): void => {
    if (problem !== undefined) throw problem;
  };
  return {
    push(chunk) {
      parser.write(decoder.decode(chunk, { stream: true }));
      check();
    },
    end() {
      parser.write(decoder.decode()).close();
      check();
    },
  };
}

/** Reads a document that is there as a whole. @throws as {@link XmlReader} does */
export function readXml(bytes: Buffer, listener: XmlListener): void {
  const reader = xmlReader(listener);
  reader.push(bytes);
  reader.end();
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const PIECE = 64 * 1024;

/**
 * Reads a document from a file, piece by piece; signals are heard meanwhile. No link is followed.
 *
 * @throws the system's error, and as {@link XmlReader} does, which may turn out after some elements
 */
export async function readXmlFile(file: string, listener: XmlListener): Promise<void> {
  const reader = xmlReader(listener);
  const fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${file} is not a regular file`);
    const buffer = Buffer.allocUnsafe(PIECE);
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) {
      reader.push(buffer.subarray(0, read));
      await turn();
    }
    reader.end();
  } finally {
    closeSync(fd);
  }
}
