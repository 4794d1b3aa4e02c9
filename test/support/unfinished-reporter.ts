import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names the test files that are still running when SIGTERM ends the run: vitest's own time-outs cannot end a test that
 * keeps its process busy, and without this a run that CI cut off would not say which file hung.
 */
export default class UnfinishedReporter implements Reporter {
  readonly #running = new Set<string>();

  onInit(): void {
    process.once('SIGTERM', () => {
      // Straight to the terminal or file: the process ends with the next line.
      writeSync(2, `Cut off. Not finished:\n${[...this.#running].map((file) => `  ${file}\n`).join('')}`);
      process.exit(143);
    });
  }

  onTestModuleQueued(module: TestModule): void {
    this.#running.add(`${module.relativeModuleId} (${module.project.name})`);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(`${module.relativeModuleId} (${module.project.name})`);
  }
}
