import { SVN_STATES } from './svn-states.js';
import { zooOf } from './zoo.js';

zooOf('svn', 'reset', SVN_STATES);
