// What the stages have seen, and the updates, by the logs that they write themselves: no lock has anything to do with it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from './machine.mjs';
import { BUILDS } from './world.mjs';

/** Every line of all hosts, in the order of their times: {at, host, build, run, what, how, detail}. */
export function eventsOf({ machines }) {
  const events = machines.flatMap(({ name, directory }) =>
    textOf(join(directory, 'witness.log'))
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [at, build, run, what, how, ...detail] = line.split(' ');
        return { at: Number(at), host: name, build, run, what, how, detail: detail.join(' ') };
      }),
  );
  return events.toSorted((one, other) => one.at - other.at);
}

/** The number that a build has built last; undefined where it has built none. */
export function lastBuilt(events, build) {
  return events.findLast((event) => event.build === build && event.what === 'build' && event.how === 'ends')?.detail;
}

/** From when to when each stage and update went on; one that never ended did so until its last sign. */
export function activitiesOf(events) {
  const found = new Map();
  for (const { at, host, build, run, what, how, detail } of events) {
    const key = `${run} ${what}`;
    const activity = found.get(key) ?? { host, build, run, what, from: at, to: at, numbers: new Set(), whole: false };
    found.set(key, activity);
    activity.to = at;
    activity.whole ||= how === 'ends';
    if (what === 'build') activity.numbers.add(detail);
  }
  return [...found.values()].map((activity) => ({ ...activity, source: sourceOf(activity.build) }));
}

/** The numbers of the changes that a run says it has got, oldest first. */
export function gotBy({ machines }, build, run) {
  const file = `${build}.${run}.xml`;
  const machine = machines.find(({ directory }) => readdirSync(join(directory, 'updates')).includes(file));
  const text = machine === undefined ? '' : textOf(join(machine.directory, 'updates', file));
  const numbers = [...text.matchAll(/\bchange (\d+)$|\bchange (\d+)(?=<)/gm)].map(([, one, other]) =>
    Number(one ?? other),
  );
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** Names a source tree among all hosts. */
function sourceOf(name) {
  const { host, source } = BUILDS.find(({ build }) => build === name) ?? {};
  return `${source} of ${host}`;
}
