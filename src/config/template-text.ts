/** A TOML basic string. JSON's escapes are TOML's, except that TOML wants DEL escaped too. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/** `command = [...]`, run without a shell. */
export function command(...argv: readonly string[]): string {
  return `command = [${argv.map(quoted).join(', ')}]`;
}

/** `shell = '...'`: in single quotes, which TOML reads no escapes in, where that is possible. */
export function shell(script: string): string {
  return `shell = ${/^[ -&(-~]*$/.test(script) ? `'${script}'` : quoted(script)}`;
}

/** Each line as it is, or as a comment that only suggests it. */
export function suggested(isSuggestion: boolean, lines: readonly string[]): string[] {
  return isSuggestion ? lines.map((line) => (line === '' || line.startsWith('# ') ? line : `# ${line}`)) : [...lines];
}
