import type { Build, Stage } from '../config/project.js';
import { MAY_LEAVE_VARIABLE } from '../processes/marks.js';
import { type Circumstances, runEnvironment } from './run.js';
import { STAGE_VARIABLE } from './stage-command.js';

/** The whole environment of the command of a stage. */
export function stageEnvironment(build: Build, circumstances: Circumstances, stage: Stage): NodeJS.ProcessEnv {
  return {
    ...runEnvironment(build, circumstances),
    [STAGE_VARIABLE]: stage.name,
    // What it leaves is none of the next run's business.
    ...(stage.mayLeave && { [MAY_LEAVE_VARIABLE]: '1' }),
    ...stage.environment,
  };
}
