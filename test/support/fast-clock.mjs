// Loaded before a program (`node --import`), it has time pass STAGELOCK_TEST_CLOCK_SPEED times as fast since
// STAGELOCK_TEST_CLOCK_BASE (milliseconds since 1970), for this process and not for what it starts. Processes that are given
// the same two agree on what time it is, whenever they are started; of libfaketime's times that go faster none does that.
import { performance } from 'node:perf_hooks';

const speed = Number(process.env.STAGELOCK_TEST_CLOCK_SPEED);
const base = Number(process.env.STAGELOCK_TEST_CLOCK_BASE);
const RealDate = Date;
const realNow = performance.now.bind(performance);
const { setTimeout: realSetTimeout, setInterval: realSetInterval } = globalThis;

const now = () => Math.floor(base + (performance.timeOrigin + realNow() - base) * speed);

class FastDate extends RealDate {
  static now = now;

  constructor(...values) {
    super(...(values.length === 0 ? [now()] : values));
  }
}

globalThis.Date = FastDate;
performance.now = () => realNow() * speed;
globalThis.setTimeout = (act, ms, ...rest) => realSetTimeout(act, ms / speed, ...rest);
globalThis.setInterval = (act, ms, ...rest) => realSetInterval(act, ms / speed, ...rest);
