import { chosen } from './chosen.js';
import { GIT_STATES } from './git-states.js';
import { zooOf } from './zoo.js';

zooOf('git', 'fast-forward', chosen(GIT_STATES));
