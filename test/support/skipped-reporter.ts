import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** A reason at the end of a test's name or of a part of it: `(missing: cvs)`, `(skipped: no flock(1))`, `(needs root)`. */
const REASON = /\(((?:missing|skipped|needs|no) ?[^()]*(?:\([^()]*\)[^()]*)*)\)/g;

/** Of a test that finds out while it runs. */
function noteOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}

/**
 * Says at the end what was skipped and why, since vitest itself tells of skipped tests only where a whole file is shown. Tests
 * name the tool that they lack.
 */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const reason =
          [...test.fullName.matchAll(REASON)].at(-1)?.[1] ??
          noteOf(test) ??
          `${module.relativeModuleId}: ${test.fullName}`;
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    if (counts.size === 0) return;
    const lines = [...counts].sort().map(([reason, count]) => `  ${String(count).padStart(4)}  ${reason}`);
    process.stdout.write(['', 'Skipped:', ...lines, ''].join('\n'));
  }
}
