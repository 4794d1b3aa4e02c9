// The C compiler of this machine.

/** What $CC names, with its options, as make and configure take it; else `cc`. */
export function compiler() {
  const chosen = process.env.CC?.trim() ?? '';
  return chosen === '' ? ['cc'] : chosen.split(/\s+/);
}
