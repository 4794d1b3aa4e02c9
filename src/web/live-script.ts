/**
 * The script of all pages: fetches the page anew when the server says that something has changed, and puts its content in place. Without
 * it a page asks for itself every twenty seconds.
 */
export const LIVE_SCRIPT = `
const main = document.querySelector('main[data-live]');
const said = document.getElementById('live');
let busy = false, again = false;
async function renew() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.querySelector('main');
      const open = new Set([...main.querySelectorAll('details[open]')].map((each) => each.id));
      const focused = document.activeElement?.id;
      if (next && next.innerHTML !== main.innerHTML) {
        main.replaceChildren(...next.childNodes);
        for (const each of main.querySelectorAll('details')) if (open.has(each.id)) each.open = true;
        if (focused) document.getElementById(focused)?.focus();
      }
      said.textContent = '';
    }
  } catch { /* the server is away: said below */ }
  busy = false;
  if (again) { again = false; renew(); }
}
if (main) {
  const events = new EventSource('/events');
  events.addEventListener('changed', renew);
  events.addEventListener('open', renew);
  events.addEventListener('error', () => { said.textContent = 'Not connected: what you see may be old.'; });
}
`;
