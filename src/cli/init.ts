import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { detect } from '../config/detect.js';
import { CONFIG_NAME } from '../config/load.js';
import { BUILD_NAME_RULE, isBuildName } from '../config/names.js';
import { writeTemplate } from '../config/template.js';
import { createExclusively } from '../files/atomic-file.js';
import { EXIT, Refusal } from './exit.js';
import type { GlobalOptions } from './project-of.js';

interface InitOptions {
  readonly source: string;
  readonly build: string;
  readonly name?: string;
  readonly stdout?: boolean;
}

/** `stagelock init --source DIR --build DIR` */
export function initCommand(options: GlobalOptions, { source, build, name, stdout = false }: InitOptions): void {
  if (name !== undefined && !isBuildName(name)) throw new Refusal(EXIT.usage, `"${name}" is not ${BUILD_NAME_RULE}`);
  if (!statSync(source, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Refusal(EXIT.usage, `--source ${source}: there is no such directory`);
  }
  const text = writeTemplate(detect({ source, directory: build, ...(name === undefined ? {} : { name }) }));
  if (stdout) {
    process.stdout.write(text);
    return;
  }
  const file = resolve(options.config ?? CONFIG_NAME);
  if (createExclusively(file, text) === 'exists') {
    throw new Refusal(EXIT.usage, `${file} exists already and was left unchanged; --stdout prints a new one`);
  }
  process.stdout.write(`wrote ${file}; review it, then: stagelock --config ${file} check\n`);
}
