// The console of a service: a real `tiercel serve` and Chromium, under the
// policy that the service sends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { built, launch, open, serious, until } from './console-page.mjs';
import { native } from './native.mjs';

const TOKEN = 'l00k';
const line = (from, path) => `${from} - - [29/Jan/2026:10:01:03 +0000] "GET ${path} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n`;
// An attack that the certified floor does not hold up: labels do not lower what it is sure of.
const INJECTION = '/ping?host=127.0.0.1%3Bcat%20/etc/passwd';

let n, browser;
const services = [];

before(async () => {
  n = native({ lines: 10 });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await Promise.all(services.map((s) => s.stop()));
  n?.remove();
});

/** A service with the built console, and a page that shows it. */
async function service(name, config = '', shown = 'Live') {
  n.write(`${name}.yaml`, `listen: 127.0.0.1:0\nconsole: ${JSON.stringify(built)}\nnats: {dir: ${JSON.stringify(n.path(name))}, partitions: 1}\nlog: {format: json}\n${config}`);
  const process = spawn(n.path('tiercel'), ['serve', '--config', n.path(`${name}.yaml`)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(process, 'exit');
  services.push({ stop: () => (process.kill('SIGTERM'), ended) });
  const said = [];
  let origin = '';
  for await (const text of createInterface({ input: process.stderr })) {
    said.push(text);
    const told = JSON.parse(text);
    if (told.msg === 'listening') {
      origin = `http://${told.address}`;
      break;
    }
  }
  assert.ok(origin, said.join('\n'));
  process.stderr.resume();
  const view = await open({ browser, origin }, { first: (page) => page.getByText(shown, { exact: true }) });
  return { ...view, origin };
}

async function post(origin, text, headers = {}) {
  const answer = await fetch(`${origin}/v1/ingest?format=combined`, { method: 'POST', body: text, headers });
  assert.equal(answer.status, 200, await answer.text());
}

test('incidents of a service appear as they come, and are labelled', async () => {
  const { page, origin, complaints, requests, close } = await service('open');
  const incidents = page.locator('tiercel-incidents li button');
  assert.equal(await incidents.count(), 0);
  await post(origin, line('203.0.113.7', '/shop') + line('203.0.113.9', INJECTION));
  await incidents.first().waitFor();
  const text = await incidents.first().textContent();
  assert.match(text, /injection/);
  assert.match(text, /203\.0\.113\.9/);
  assert.match(text, /T1190/);
  assert.match(text, /1 event/);

  await post(origin, line('203.0.113.9', INJECTION) + line('203.0.113.8', INJECTION + '<b>x</b>'));
  await until(async () => (await incidents.count()) === 2, 'the second incident');
  await until(async () => (await incidents.allTextContents()).some((t) => t.includes('203.0.113.9') && t.includes('2 events')), 'the first one to grow');

  await incidents.filter({ hasText: '203.0.113.8' }).click();
  await page.locator('tiercel-detail .text').getByText('<b>x</b>').waitFor(); // as text
  const [label] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/v1/labels')), page.getByRole('button', { name: 'Benign' }).click()]);
  assert.equal(label.status(), 200);
  await page.getByText('You called it benign').waitFor();
  await until(async () => {
    await post(origin, line('203.0.113.8', INJECTION + '<b>x</b>'));
    const scores = await page.locator('tiercel-console').evaluate(({ session: { findings } }) => Array.from({ length: findings.length }, (_, i) => [findings.entityOf(i), findings.scoreOf(i)]));
    const [first, ...later] = scores.filter(([entity]) => entity === '203.0.113.8').map(([, score]) => score);
    return later.some((score) => score < first);
  }, 'the label to be learnt');

  assert.deepEqual(await serious(page), []);
  assert.deepEqual(complaints, []);
  assert.ok(requests.every((r) => r.startsWith(origin)), requests.join('\n'));
  await close();
});

test('a service with tokens asks for one', async () => {
  const hash = createHash('sha256').update(TOKEN).digest('hex');
  const { page, origin, close } = await service('closed', `tokens: [{name: analyst, sha256: ${hash}, scopes: [read, ingest]}]\n`, 'A token with the scope read is needed');
  await post(origin, line('203.0.113.9', INJECTION), { authorization: `Bearer ${TOKEN}` });
  const field = page.getByLabel('Token');
  await field.fill('wrong');
  await field.press('Enter');
  await field.waitFor();
  await field.fill(TOKEN);
  await field.press('Enter');
  await page.getByText('Live', { exact: true }).waitFor();
  await page.locator('tiercel-incidents li button').click(); // what came before is shown too
  await page.getByRole('button', { name: 'Benign' }).click();
  await page.getByRole('alert').getByText('the token lacks the scope label').waitFor();
  await close();
});
