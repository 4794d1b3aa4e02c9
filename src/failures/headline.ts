import { counted } from '../text/counted.js';
import type { Failure } from './failure.js';

/** Of several stages that failed, so many are named. */
const MOST = 2;

/**
 * What failed, for the subject of a mail and one line of a status: `build failed: 2 errors`, `test failed: 3 of 20 tests`,
 * `configure failed with exit code 1 after 3 s`.
 */
export function headlineOf(failures: readonly Failure[]): string {
  const named = failures.slice(0, MOST).map(headlineOfOne);
  const more = failures.length - named.length;
  return [...named, ...(more === 0 ? [] : [`${counted(more, 'more stage')} failed`])].join('; ');
}

/** The headline of one with how its command ended, where that only counts what is wrong: `build failed: 2 errors (exit code 2 after 3 s)`. */
export function headlineWithEnd(failure: Failure): string {
  const headline = headlineOfOne(failure);
  if (headline.endsWith(failure.end)) return headline;
  return `${headline} (${failure.end.replace(/^failed with |^logged .* (?=although )/, '')})`;
}

function headlineOfOne({ stage, end, errors, tests }: Failure): string {
  const facts = [...(tests.failed > 0 ? [testsText(tests)] : []), ...(errors.count > 0 ? [errorsText(errors)] : [])];
  return facts.length === 0 ? `${stage} ${end}` : `${stage} failed: ${facts.join(', ')}`;
}

/** `an error` is for sentences; this is for a list: `1 error`, `50 or more errors`. */
function errorsText({ count, orMore }: Failure['errors']): string {
  return `${count}${orMore ? ' or more' : ''} ${count === 1 && !orMore ? 'error' : 'errors'}`;
}

function testsText({ failed, all }: Failure['tests']): string {
  return all === undefined ? counted(failed, 'test') : `${failed} of ${counted(all, 'test')}`;
}
