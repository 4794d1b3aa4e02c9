import { chosen } from './chosen.js';
import { CVS_STATES } from './cvs-states.js';
import { zooOf } from './zoo.js';

zooOf('cvs', 'fast-forward', chosen(CVS_STATES));
