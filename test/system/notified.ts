import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent } from '../../src/notify/event.js';
import type { Receiver } from '../notify/receiver.js';
import type { World } from '../support/world.js';

/** Adds a webhook, a ping, statuses of commits and a command to the configuration of a world. */
export function notifying(world: World, { url }: Receiver, more = ''): World {
  writeFileSync(join(world.root, 'token'), 't0ken\n', { mode: 0o600 });
  writeFileSync(join(world.root, 'key'), 's3cret\n', { mode: 0o600 });
  mkdirSync(join(world.root, 'events-of-command'), { recursive: true });
  appendFileSync(
    world.configFile,
    `
[defaults.stages.check]
shell = 'eval "$CHECK"'
[[notify]]
webhook = "${url}/hook"
secret_file = "key"
on = ["broken", "fixed", "stuck", "waited", "run"]
${more}
[[notify]]
ping = "${url}/ping"
${more}
[[notify]]
commit_status = "github"
url = "${url}/api"
repository = "example/demo"
token_file = "token"
${more}
[[notify]]
command = ["sh", "-c", "cat > events-of-command/$$"]
${more}
`,
  );
  return world;
}

/** What the webhook has got, as `broken main`. */
export function hooked({ received }: Receiver): string[] {
  return eventsOf(received).map(({ event, build }) => `${event} ${build}`);
}

export function eventsOf(received: Receiver['received']): BuildEvent[] {
  return received.filter(({ path }) => path === '/hook').map(({ body }) => JSON.parse(body));
}

/** The pings, as `/start` and `/75`. */
export function pinged({ received }: Receiver): string[] {
  return received.flatMap(({ path }) => /^\/ping(.*)\?rid=/.exec(path)?.[1] ?? []);
}

/** The states of commits. */
export function states({ received }: Receiver): string[] {
  return received.filter(({ path }) => path.startsWith('/api/')).map(({ body }) => JSON.parse(body).state);
}

/** The event that the command has got in the process of that number. */
export function eventOfCommand(world: World, name: string): BuildEvent {
  return JSON.parse(readFileSync(join(world.root, 'events-of-command', name), 'utf8'));
}
