/** `1 error`, `2 errors`. @param thing in the singular, which takes an s */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
