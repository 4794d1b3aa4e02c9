interface Written {
  readonly line: number;
  readonly text: string;
}

/** All files below a directory, sorted. */
export function filesBelow(path: string): string[];

/** What a source file says to a person; an expression within stands as `…`. */
export function sentencesOf(file: string): (Written & { readonly file: string })[];

/** The comments of a source file. */
export function commentsOf(file: string): Written[];
