/** What an error says; of anything else that was thrown, that itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
