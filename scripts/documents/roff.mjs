// Text as roff has it, and the pieces of a man page.

/** Text that appears as it is; `code` in backquotes becomes bold. */
export function roff(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => (/^`.+`$/.test(part) ? bold(part.slice(1, -1)) : literal(part)))
    .join('')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** Every character a person may copy: a plain dash would come out as a hyphen, quotes as curly ones. */
export function literal(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll(/[^\n\x20-\x7e]/g, (c) => `\\[u${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

export function bold(text) {
  return `\\fB${literal(text)}\\fR`;
}

export function section(name) {
  return `.SH ${name.toUpperCase()}`;
}

export function subsection(name) {
  return `.SS "${literal(name).replaceAll('"', '\\(dq')}"`;
}

/** A term and what it means. */
export function item(term, lines) {
  return ['.TP', term.replace(/^(?=[.'])/, '\\&'), ...lines].join('\n');
}

export function example(lines) {
  return ['.PP', '.EX', ...lines.map((line) => literal(line).replace(/^(?=[.'])/, '\\&')), '.EE'].join('\n');
}

export function page({ name, number, summary, version }, parts) {
  return `${[
    `.\\" Made by \`npm run documents\`. Do not edit.`,
    `.TH ${name.toUpperCase()} ${number} "" "stagelock ${version}" "stagelock"`,
    section('name'),
    `${literal(name)} \\- ${literal(summary)}`,
    ...parts,
  ].join('\n')}\n`;
}
