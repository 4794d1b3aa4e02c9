import { Witness } from '../observers.mjs';
import { Crontab } from './crontab.mjs';
import { Evening } from './evening.mjs';
import { Mailbox } from './mailbox.mjs';

/**
 * An evening with all that it is played by and seen with.
 *
 * @param show called with a time of the story, who does what
 */
export function stageEvening(world, clock, signal, show) {
  const witness = new Witness(world, clock);
  const crontab = new Crontab(world, clock);
  const mailbox = new Mailbox(world, clock);
  signal.addEventListener('abort', () => crontab.endRuns());
  const evening = new Evening(world, { clock, witness, crontab, mailbox, show });
  const end = async () => {
    await crontab.endRuns();
    witness.close();
  };
  return { evening, witness, crontab, end };
}
