import { chosen } from './chosen.js';
import { HG_STATES } from './hg-states.js';
import { zooOf } from './zoo.js';

zooOf('hg', 'fast-forward', chosen(HG_STATES));
