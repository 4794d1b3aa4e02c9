/**
 * Whether a revision of a file lies after one revision and not after another, on the way from the one to the other:
 * 1.3 from 1.2 to 1.3; 1.2.4.1 from 1.2 to 1.2.4.1; 1.2 from the vendor's 1.1.1.1 to 1.2.
 *
 * @param prior undefined for a file that was not there: then its last revision alone counts, as in CTest's reports
 */
export function isBetween(revision: string, prior: string | undefined, last: string): boolean {
  if (prior === undefined) return revision === last;
  const way = ancestors(last);
  if (!way.some((ancestor) => covers(ancestor, revision))) return false;
  return !ancestors(prior).some((ancestor) => covers(ancestor, revision));
}

/** The revision itself and, for one on a branch, where the branch began, and so on: 1.2.4.3 → 1.2.4.3, 1.2. */
function ancestors(revision: string): number[][] {
  const numbers = revision.split('.').map(Number);
  const result: number[][] = [];
  for (let length = numbers.length; length >= 2; length -= 2) result.push(numbers.slice(0, length));
  return result;
}

/** Whether a revision is that one or an older one of the same branch. */
function covers(newest: readonly number[], revision: string): boolean {
  const numbers = revision.split('.').map(Number);
  if (numbers.length !== newest.length) return false;
  const last = numbers.length - 1;
  return numbers.slice(0, last).every((n, i) => n === newest[i]) && (numbers[last] ?? 0) <= (newest[last] ?? 0);
}
