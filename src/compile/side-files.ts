import { meaningOf } from '../tables/pattern.js';
import { SIDE_OPTIONS, type SideKind } from '../tables/side-files.js';

/** Which kind of file beside its product an option asks a compiler for, if any. */
export const sideKindOf = (option: string): SideKind | undefined => meaningOf(option, SIDE_OPTIONS);
