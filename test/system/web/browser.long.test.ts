import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { historyFile } from '../../../src/stages/history.js';
import { missing, stagelock } from '../programs.js';
import { Worlds } from '../worlds.js';
import { afternoon } from './afternoon.js';
import { serve } from './served.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const why = missing('chromium');
/** Where to put the pictures of the documentation: `STAGELOCK_PICTURES=docs/pictures`. */
const pictures = process.env['STAGELOCK_PICTURES'];

const PAGES = ['', '/timeline', '/grid', '/tests', '/contention', '/builds/main'];

describe.skipIf(why !== undefined)(`in Chromium${why === undefined ? '' : ` (${why})`}`, () => {
  let browser: Browser;
  /** The pages of an afternoon, which no test changes, and one of its runs that failed. */
  let url: string;
  let run: string;
  const lasting = new Worlds();
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    const world = lasting.make({ secondaries: ['debug', 'asan'] });
    appendFileSync(world.configFile, '\n[defaults.stages.test]\ncommand = ["true"]\nreport = "test"\n');
    run = await afternoon(world);
    url = `${(await serve(world)).url}/p/world`;
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await lasting.remove();
  });

  /** A page of the browser, and what it complains of: also what the policy of the pages does not let through. */
  async function opened(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    return { page, complaints };
  }

  test('every page is whole, dark and light, wide and narrow, and complains of nothing', {
    timeout: 120_000,
  }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1200, 360]) {
        const { page, complaints } = await opened({ colorScheme, viewport: { width, height: 800 } });
        for (const path of [...PAGES, run, `${run}/log/build`]) {
          await page.goto(`${url}${path}`);
          await expect.poll(() => page.locator('footer').count()).toBe(1);
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
          expect({ path, width, overflow: Math.max(0, overflow) }).toEqual({ path, width, overflow: 0 });
          if (pictures !== undefined && colorScheme === 'light' && width === 1200) await take(page, path, run);
        }
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    }
  });

  test('a screen reader finds landmarks, headings, tables with names, and words where there are colours', async () => {
    const { page } = await opened();
    await page.goto(url);
    expect(await page.locator('body').ariaSnapshot()).toMatch(
      /- navigation "Pages":[\s\S]*- link "Now"[\s\S]*- main:[\s\S]*- 'heading "world: Now" \[level=1\]'[\s\S]*- table "The builds of world":[\s\S]*- rowheader "main primary"/,
    );
    await page.goto(`${url}/grid`);
    expect(await page.locator('main').ariaSnapshot()).toMatch(/- link "passed"[\s\S]*- link "failed"/);
    await page.goto(`${url}/timeline`);
    expect(await page.locator('main').ariaSnapshot()).toMatch(/- img "What each build did from .*"/);
    await page.goto(`${url}${run}`);
    expect(await page.locator('main').ariaSnapshot()).toMatch(/- heading "What failed" \[level=2\]/);
    // The keyboard alone: past the navigation, and to the first build.
    await page.goto(url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('main');
  });

  test('a page follows a run while it goes on, and says when the server is away', async () => {
    const world = await worlds.built();
    const { url: own, server } = await serve(world);
    const { page, complaints } = await opened();
    await page.goto(`${own}/`);
    await page.getByText('No stage lock is held.').waitFor();
    world.commit(1);
    const building = await worlds.building(world, 'main');
    await page.getByText(/build, \d/).waitFor({ timeout: 15_000 });
    await page.getByText('1 update').waitFor({ timeout: 15_000 });
    worlds.finish(world);
    await building.ended;
    await page.getByText('No stage lock is held.').waitFor({ timeout: 15_000 });
    expect(complaints).toEqual([]);
    server.kill('SIGTERM');
    await page.getByText('Not connected').waitFor({ timeout: 15_000 });
  });

  test('without JavaScript the same is there, and asks for itself', async () => {
    const { page } = await opened({ javaScriptEnabled: false });
    for (const path of [...PAGES, run]) {
      await page.goto(`${url}${path}`);
      expect(await page.locator('main h1').count()).toBe(1);
      expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('20');
    }
  });

  test('hostile names and logs run nothing', async () => {
    const world = worlds.make();
    const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'\u001b]0;title\u0007`;
    appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
    await stagelock(world, ['run', 'main']);
    world.commit(1);
    await stagelock(world, ['run', 'main'], {
      environment: { CHECK: `printf '%s\\n' "$HOSTILE: error: x"; exit 1`, HOSTILE: hostile },
    });
    const file = historyFile(world.build('main').directory);
    const last = JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '');
    appendFileSync(file, `${JSON.stringify({ ...last, headline: hostile, stamp: `${last.stamp}${hostile}` })}\n`);
    const { url: own } = await serve(world);
    const { page, complaints } = await opened();
    const hit = `/builds/main/runs/${last.run}`;
    for (const path of [...PAGES, hit, `${hit}/log/check`]) {
      await page.goto(`${own}/p/world${path}`);
      expect(await page.locator('main script, main img').count()).toBe(0);
    }
    await page.goto(`${own}/p/world`);
    await page.getByText('<script>alert(1)</script>').first().waitFor();
    expect(complaints).toEqual([]);
  });
});

/** A picture of a page for the documentation, as high as what is on it. */
async function take(page: Page, path: string, run: string): Promise<void> {
  const names: Record<string, string> = {
    '': 'now',
    '/timeline': 'timeline',
    '/grid': 'grid',
    '/tests': 'tests',
    [run]: 'run',
  };
  const name = names[path];
  if (name === undefined || pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  const height = await page.evaluate<number>(
    'Math.ceil(document.querySelector("footer").getBoundingClientRect().bottom)',
  );
  await page.setViewportSize({ width: 1000, height: Math.min(1000, height) });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
