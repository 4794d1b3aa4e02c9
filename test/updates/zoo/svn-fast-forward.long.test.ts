import { chosen } from './chosen.js';
import { SVN_STATES } from './svn-states.js';
import { zooOf } from './zoo.js';

zooOf('svn', 'fast-forward', chosen(SVN_STATES));
