import { CVS_STATES } from './cvs-states.js';
import { zooOf } from './zoo.js';

zooOf('cvs', 'reset', CVS_STATES);
