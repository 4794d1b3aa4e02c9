/** Something that could not be looked at. */
export interface Problem {
  readonly path: string;
  readonly why: string;
}
