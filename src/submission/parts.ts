/**
 * The reports that CTest submits when they are in `Testing/<tag>`, in its order; `*` stands for anything. Observed with
 * CTest 3.25. `Done.xml` comes after all of them and is written only then.
 */
const PARTS = [
  'Update.xml',
  'Configure.xml',
  'Build.xml',
  'Test.xml',
  'Coverage.xml',
  'CoverageLog-*.xml',
  'DynamicAnalysis.xml',
  'DynamicAnalysis-Test.xml',
  'Purify.xml',
  'Notes.xml',
  'Upload.xml',
] as const;

/** Those of a directory's names that are submitted, in the order in which they are. */
export function submittedParts(names: readonly string[]): string[] {
  const sorted = names.toSorted();
  return PARTS.flatMap((part) => {
    const [head = '', tail] = part.split('*');
    if (tail === undefined) return sorted.filter((name) => name === part);
    return sorted.filter((name) => name.startsWith(head) && name.endsWith(tail) && name.length >= part.length);
  });
}

/** What came last and says that nothing more comes, as CTest writes it. @param buildId what CDash calls the build */
export function doneXml(buildId: string | undefined, now: Date): string {
  const id = (buildId ?? '').replaceAll(/[^0-9A-Za-z_-]/g, '');
  const seconds = Math.floor(now.getTime() / 1000);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Done>\n\t<buildId>${id}</buildId>\n\t<time>${seconds}</time>\n</Done>\n`;
}
