/** When a program colours what it writes. */
export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

/** Where a text goes. */
export interface Output {
  readonly isTTY?: boolean | undefined;
}

/**
 * Whether to colour, by the rules that programs share: a choice on the command line counts most, then NO_COLOR (no-color.org), then
 * CLICOLOR_FORCE, then whether a terminal reads it that knows colours.
 */
export function isColoured(choice: ColourChoice, output: Output, environment: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (isSet(environment['NO_COLOR'])) return false;
  if (isSet(environment['CLICOLOR_FORCE']) && environment['CLICOLOR_FORCE'] !== '0') return true;
  return output.isTTY === true && environment['TERM'] !== 'dumb' && environment['CLICOLOR'] !== '0';
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '';
}

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof CODES;

/** A text in a colour, or as it is. */
export type Painter = (colour: Colour, text: string) => string;

export function painter(coloured: boolean): Painter {
  return coloured ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text;
}
