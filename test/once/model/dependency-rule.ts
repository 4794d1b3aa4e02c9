/**
 * The inputs that a dependency file names: what stands behind the colon of its one rule, as gcc and clang write it. Rules
 * without inputs (-MP) may follow.
 *
 * A path that can be read in two ways is not guessed at: compilers do not agree on backslashes.
 *
 * @param text one character per byte (latin1)
 * @returns undefined when it is none that can be read for certain
 */
export function readDependencyRule(text: string): string[] | undefined {
  let inputs: string[] | undefined;
  let at = 0;
  while (at < text.length) {
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    const colon = endOfTargets(text, at);
    if (colon === undefined) return undefined;
    const list = readInputs(text, colon + 1);
    if (list === undefined) return undefined;
    if (list.inputs.length > 0 && inputs !== undefined) return undefined;
    if (list.inputs.length > 0) inputs = list.inputs;
    at = list.end;
  }
  return inputs;
}

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\n';

/** The first colon that ends a word. */
function endOfTargets(text: string, begin: number): number | undefined {
  for (let at = begin; at < text.length; at++) {
    if (text[at] === '\n' && text[at - 1] !== '\\') return undefined;
    if (text[at] === ':' && (at + 1 === text.length || isSpace(text[at + 1]))) return at;
  }
  return undefined;
}

interface InputList {
  readonly inputs: string[];
  /** Behind the end of its last line. */
  readonly end: number;
}

function readInputs(text: string, begin: number): InputList | undefined {
  const inputs: string[] = [];
  let path = '';
  const finish = (): void => {
    if (path !== '') inputs.push(path);
    path = '';
  };
  for (let at = begin; at < text.length; at++) {
    const character = text[at] ?? '';
    const next = text[at + 1];
    if (character === '\n') {
      finish();
      return { inputs, end: at + 1 };
    }
    if (character === ' ' || character === '\t') {
      finish();
    } else if (character === '\\' && next === '\n') {
      finish();
      at++;
    } else if ((character === '\\' && (next === ' ' || next === '#')) || (character === '$' && next === '$')) {
      path += next;
      at++;
    } else if (
      character === '\\' ||
      character === '$' ||
      character === '#' ||
      character < ' ' ||
      character === '\x7f'
    ) {
      return undefined;
    } else {
      path += character;
    }
  }
  finish();
  return { inputs, end: text.length };
}
