import type { Subscriber } from '../config/project.js';
import type { Sender } from './sender.js';

/** What the configuration says. What it needs is loaded only here: most runs have nothing to send. */
export async function senderOf(subscriber: Subscriber, environment: NodeJS.ProcessEnv): Promise<Sender> {
  switch (subscriber.kind) {
    case 'command': {
      const { CommandSender } = await import('./command.js');
      return new CommandSender(subscriber, environment);
    }
    case 'webhook': {
      const { WebhookSender } = await import('./webhook.js');
      return new WebhookSender(subscriber, environment);
    }
    case 'ping': {
      const { PingSender } = await import('./ping.js');
      return new PingSender(subscriber, environment);
    }
    case 'commit-status': {
      const { StatusSender } = await import('./commit-status.js');
      return new StatusSender(subscriber, environment);
    }
  }
}
