import { SVN_STATES } from './svn-states.js';
import { zooOf } from './zoo.js';

zooOf('svn', 'fast-forward', SVN_STATES);
