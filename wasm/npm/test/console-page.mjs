// The built console in Chromium: what its tests share.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../../console/serve.mjs';

export const built = fileURLToPath(new URL('../../../build/console', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A browser. */
export async function launch() {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  assert.ok(existsSync(path), `no Chromium at ${path}: install it or name it in CHROMIUM`);
  assert.ok(existsSync(built), 'the console is not built: make page');
  return chromium.launch({ executablePath: path, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-lcd-text', '--disable-background-networking', '--disable-dev-shm-usage'] });
}

/** A server of the page and a browser. */
export async function start() {
  const server = serve(built);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await launch();
  const stopServer = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { origin, browser, stopServer, stop: async () => (await browser.close(), await stopServer()) };
}

/** What the console shows first. */
const welcome = (page) => page.getByRole('heading', { name: 'See the threats in a log' });

/** A page with the console; complaints has all that went wrong in it, requests all that it asked for. */
export async function open({ browser, origin }, { width = 1400, height = 900, scheme = 'light', first = welcome } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  context.on('request', (r) => requests.push(r.url()));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('dialog', (d) => (complaints.push(`dialog: ${d.message()}`), d.dismiss()));
  await page.goto(origin + '/');
  await first(page).waitFor();
  return { page, complaints, requests, close: () => context.close() };
}

/** Drops files on the console, as { name, bytes }, the bytes so many times. */
export async function drop(page, files) {
  const data = files.map(({ name, bytes, times = 1 }) => ({ name, times, text: Buffer.from(bytes).toString('base64') }));
  await page.locator('tiercel-console').evaluate((host, list) => {
    const transfer = new DataTransfer();
    for (const { name, times, text } of list) {
      const once = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
      transfer.items.add(new File(Array(times).fill(once), name));
    }
    for (const type of ['dragover', 'drop']) host.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, data);
}

/** Waits until the scan has ended. */
export async function scanned(page, timeout = 60_000) {
  await page.getByRole('button', { name: 'Add logs' }).waitFor({ timeout });
  await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached', timeout });
}

/** How many threats the console says there are: those shown and those of the budget. */
export async function shown(page) {
  const text = (await page.locator('.shown').textContent()).replaceAll(',', '');
  const numbers = text.match(/\d+/g).map(Number);
  return { rows: numbers[0], all: numbers.at(-1) };
}

/** Findings of axe that are serious or critical. */
export async function serious(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => n.target.flat().join(' ') + ' ' + n.failureSummary).join(' | ')}`);
}

/** Polls until a condition holds. */
export async function until(condition, what, timeout = 10_000) {
  for (const end = Date.now() + timeout; Date.now() < end; await new Promise((r) => setTimeout(r, 30))) if (await condition()) return;
  assert.fail(`not within ${timeout} ms: ${what}`);
}
