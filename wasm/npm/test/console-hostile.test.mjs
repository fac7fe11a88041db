// What logs may try, and how much of it there may be.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drop, open, scanned, shown, start, until } from './console-page.mjs';
import { hostileLogs, payloads } from './hostile.mjs';

let stage;
before(async () => {
  stage = await start();
});
after(() => stage?.stop());

test('500 payloads in every field run nothing in any view', async () => {
  const list = payloads(500);
  assert.equal(new Set(list).size, 500);
  const v = await open(stage);
  const { page } = v;
  const logs = Object.entries(hostileLogs(list)).map(([name, lines]) => ({ name, bytes: Buffer.from(lines.join('\n') + '\n') }));
  await drop(page, logs);
  await scanned(page);
  await page.getByRole('slider', { name: /budget/i }).press('End');
  const { all } = await shown(page);
  assert.ok(all >= 500, `only ${all} threats: the payloads are not shown`);
  await page.locator('.files summary').click(); // names of files, reasons why lines are not read
  await page.keyboard.press('Escape');
  // The table, page by page; at each stop the detail with its closed parts open.
  const grid = page.locator('tiercel-threats .grid');
  for (const key of ['severity', 'class', 'entity']) {
    await page.locator(`tiercel-threats .head .${key === 'severity' ? 'severity-cell' : key} button`).click();
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 8; i++) {
      await page.locator('tiercel-detail').getByText('How the tiers judged').waitFor();
      await page.locator('tiercel-detail').evaluate((e) => e.shadowRoot.querySelectorAll('details').forEach((d) => (d.open = true)));
      await page.keyboard.press('PageDown');
    }
    await grid.focus();
    await page.keyboard.press('End');
  }
  // Incidents, filters by class and source, the report.
  for (const i of [0, 3, 9]) await page.locator('tiercel-incidents li button').nth(i).click();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  for (const p of list.slice(0, 20)) await page.getByRole('searchbox').fill(p);
  await page.getByRole('searchbox').fill('');
  await page.getByRole('textbox', { name: 'Source' }).fill(list[1]);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText('Export', { exact: true }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Report' }).click()]);
  const report = await page.context().newPage();
  report.on('dialog', (d) => d.dismiss());
  await report.goto('file://' + (await file.path()));
  await report.waitForTimeout(200);

  for (const p of [page, report]) assert.equal(await p.evaluate(() => globalThis.ran), undefined, 'a payload ran');
  const foreign = await page.evaluate(() => {
    const bad = [];
    const walk = (root) => {
      for (const e of root.querySelectorAll('*')) {
        if (/^(script|iframe|object|embed|img|video|link|base|form|template|math|style)$/i.test(e.localName)) bad.push(e.outerHTML.slice(0, 80));
        if (e.shadowRoot) walk(e.shadowRoot);
      }
    };
    walk(document.querySelector('tiercel-console').shadowRoot);
    return bad;
  });
  assert.deepEqual(foreign, [], 'an element that the console does not make');
  const text = await page.evaluate(() => {
    let all = '';
    const walk = (root) => {
      all += root.textContent;
      for (const e of root.querySelectorAll('*')) if (e.shadowRoot) walk(e.shadowRoot);
    };
    walk(document.querySelector('tiercel-console').shadowRoot);
    return all;
  });
  assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069\u200b\u0000\u001b]/, 'a character that hides or turns text');
  assert.deepEqual(v.requests.filter((url) => /asked/.test(url) || !/^(http:\/\/127\.0\.0\.1|blob:http:\/\/127|file:)/.test(url)), []);
  assert.deepEqual(v.complaints, []);
  await v.close();
});

test('a hundred thousand threats scroll, sort and filter', async () => {
  const v = await open(stage);
  const { page } = v;
  const lines = Array.from({ length: 105_000 }, (_, i) =>
    `203.0.${i % 113}.${i % 250} - - [29/Jan/2026:${String(8 + Math.floor(i / 10_500)).padStart(2, '0')}:${String(Math.floor((i % 10_500) / 175)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')} +0000] "GET /p?id=${i}'+union+select+password+from+users-- HTTP/1.1" 200 12 "-" "curl/8"`);
  await drop(page, [{ name: 'many.log', bytes: Buffer.from(lines.join('\n')) }]);
  await scanned(page);
  const { all } = await shown(page);
  assert.ok(all > 100_000, `${all} threats`);
  const body = page.locator('tiercel-threats .body');
  assert.ok((await body.count()) < 80, 'only rows on the screen are in the document');
  const times = await page.locator('tiercel-threats').evaluate(async (table) => {
    const grid = table.shadowRoot.querySelector('.grid');
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const out = [];
    for (const share of [0.1, 0.5, 0.9, 0.33, 1]) {
      const began = performance.now();
      grid.scrollTop = share * grid.scrollHeight;
      await frame();
      await table.updateComplete;
      out.push({ took: performance.now() - began, rows: table.shadowRoot.querySelectorAll('.body').length });
    }
    return out;
  });
  for (const { took, rows } of times) assert.ok(rows > 10 && took < 1000, JSON.stringify(times));
  assert.equal(await body.last().getAttribute('aria-rowindex'), String(all + 1), 'the end can be reached');
  const last = page.locator('tiercel-threats .body').last();
  const [box, grid] = [await last.boundingBox(), await page.locator('tiercel-threats .grid').boundingBox()];
  assert.ok(box.y + box.height <= grid.y + grid.height + 1, 'the last row is wholly on the screen');
  await page.getByRole('columnheader', { name: /Time/ }).getByRole('button').click();
  await page.getByRole('searchbox').fill('id=104999');
  await until(async () => (await shown(page)).rows === 1, 'one record of a hundred thousand', 20_000);
  assert.match(await body.first().textContent(), /id=104999'/);
  assert.deepEqual(v.complaints, []);
  await v.close();
});
