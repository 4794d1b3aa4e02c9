/** The same as in package.json, which a test checks: reading that file would cost every start of a program. */
export const VERSION = '0.1.0';
