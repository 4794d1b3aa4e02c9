/**
 * Aligned columns.
 *
 * @param figures how many of the first columns are figures, which stand to the right
 */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[], figures: number): string[] {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column < figures ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
