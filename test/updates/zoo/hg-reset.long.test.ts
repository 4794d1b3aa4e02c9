import { chosen } from './chosen.js';
import { HG_STATES } from './hg-states.js';
import { zooOf } from './zoo.js';

zooOf('hg', 'reset', chosen(HG_STATES));
