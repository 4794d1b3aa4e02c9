import type { WebhookSubscriber } from '../config/project.js';
import { recordText } from '../records/schema.js';
import { type BuildEvent, EVENT } from './event.js';
import type { Message } from './exchange.js';
import { cut, linesOf, titleOf } from './words.js';

/** Slack folds what is longer, and ntfy makes an attachment of more than 4096 bytes. */
const MOST_BYTES = 3500;

const JSON_TYPE = { 'content-type': 'application/json' };

/** The request by which a service gets an event. */
export function messageOf(template: WebhookSubscriber['template'], url: string, event: BuildEvent): Message {
  switch (template) {
    case 'event':
      return { method: 'POST', url, headers: JSON_TYPE, body: recordText(EVENT, event) };
    case 'slack':
      return { method: 'POST', url, headers: JSON_TYPE, body: JSON.stringify(slackBody(event)) };
    case 'matrix':
      return matrixMessage(url, event);
    case 'ntfy':
      return ntfyMessage(url, event);
  }
}

/** One text with a block of code, which Mattermost and Rocket.Chat show, too. */
function slackBody(event: BuildEvent): object {
  // Three of them would end the block.
  const details = cut(linesOf(event).join('\n'), MOST_BYTES).replaceAll('```', "'''");
  return {
    text: `${MARKS[event.event]}*${escaped(titleOf(event), SLACK)}*\n\`\`\`\n${escaped(details, SLACK)}\n\`\`\``,
  };
}

/** A room of a homeserver takes each transaction once, so that a lost answer repeats nothing; a bridge for webhooks reads `text` and `html`. */
function matrixMessage(url: string, event: BuildEvent): Message {
  const title = titleOf(event);
  const details = cut(linesOf(event).join('\n'), MOST_BYTES);
  const text = `${title}\n${details}`;
  const html = `<strong>${escaped(title, HTML)}</strong>\n<pre><code>${escaped(details, HTML)}\n</code></pre>`;
  const content = {
    msgtype: 'm.text',
    body: text,
    format: 'org.matrix.custom.html',
    formatted_body: html,
    // What others have written calls up no one.
    'm.mentions': {},
  };
  const to = new URL(url);
  if (!/^\/_matrix\/client\/.*\/send\/m\.room\.message\/?$/.test(to.pathname)) {
    return { method: 'POST', url, headers: JSON_TYPE, body: JSON.stringify({ text, html }) };
  }
  to.pathname = `${to.pathname.replace(/\/$/, '')}/${event.id}`;
  return { method: 'PUT', url: to.href, headers: JSON_TYPE, body: JSON.stringify(content) };
}

/** JSON goes to the server itself and names the topic, which people know as a URL. */
function ntfyMessage(url: string, event: BuildEvent): Message {
  const server = new URL(url);
  const path = server.pathname.replace(/\/+$/, '');
  const topic = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  server.pathname = path.slice(0, path.lastIndexOf('/') + 1);
  const body = {
    topic,
    title: titleOf(event),
    message: cut(linesOf(event).join('\n'), MOST_BYTES),
    priority: event.event === 'broken' || event.event === 'stuck' ? 4 : 3,
    tags: TAGS[event.event],
  };
  return { method: 'POST', url: server.href, headers: JSON_TYPE, body: JSON.stringify(body) };
}

const MARKS: Readonly<Record<BuildEvent['event'], string>> = {
  broken: ':x: ',
  fixed: ':white_check_mark: ',
  stuck: ':warning: ',
  waited: ':hourglass: ',
  run: '',
  start: '',
  test: '',
};

const TAGS: Readonly<Record<BuildEvent['event'], readonly string[]>> = {
  broken: ['x'],
  fixed: ['white_check_mark'],
  stuck: ['warning'],
  waited: ['hourglass'],
  run: [],
  start: [],
  test: [],
};

const SLACK: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const HTML: Readonly<Record<string, string>> = { ...SLACK, '"': '&quot;' };

function escaped(text: string, entities: Readonly<Record<string, string>>): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
