// The console in Chromium, under its content security policy: what a person does
// with logs, held to what the command line says of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { drop, open, scanned, serious, shown, start, until } from './console-page.mjs';
import { native, parse } from './native.mjs';

const LOGS = ['access.log', 'conn.log.gz', 'auth.log'];
let n, stage, view, page;

before(async () => {
  n = native({ seed: 8, lines: 1500 });
  n.write('conn.log.gz', gzipSync(n.read('conn.log')));
  stage = await start();
  view = await open(stage);
  page = view.page;
});

after(async () => {
  await stage?.stop();
  n?.remove();
});

const files = (names) => names.map((name) => ({ name, bytes: n.read(name) }));
const threats = (budget = '0.1%', names = LOGS) => parse(n.scan(names, '--output', 'ndjson', '--budget', budget));
const rows = () => page.locator('tiercel-threats .body');
const download = async (name) => {
  await page.getByText('Export', { exact: true }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
};
const clear = async () => {
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByRole('heading', { name: 'See the threats in a log' }).waitFor();
};

test('dropping an Apache log, a packed Zeek log and an auth log shows their threats', async () => {
  await drop(page, files(LOGS));
  await scanned(page);
  const want = threats();
  assert.equal((await shown(page)).all, want.length);
  assert.equal(Number(await page.locator('.figure b').textContent()), new Set(want.map((t) => t.incident)).size);
  const severities = await page.locator('tiercel-incidents .severity').allTextContents();
  const ranks = severities.map((s) => ['Low', 'Medium', 'High', 'Critical'].indexOf(s.trim()));
  assert.deepEqual(ranks, [...ranks].sort((a, b) => b - a), 'worst first');
  await page.getByText('3 logs').click();
  const listed = await page.locator('.file').allTextContents();
  for (const [i, format] of ['combined', 'zeek', 'syslog'].entries()) assert.match(listed[i], new RegExp(format), listed[i]);
  await page.keyboard.press('Escape');
});

test('the budget shows its effect at once', async () => {
  const slider = page.getByRole('slider', { name: /budget/i });
  const before = (await shown(page)).all;
  await slider.focus();
  await page.keyboard.press('Home'); // 0.001 %
  await until(async () => (await shown(page)).all === threats('0.001%').length, 'the threats of 0.001 %');
  assert.ok((await shown(page)).all < before);
  await page.keyboard.press('End'); // 1 %
  await until(async () => (await shown(page)).all === threats('1%').length, 'the threats of 1 %');
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('tiercel-budget output').textContent(), /^0\.1\s%$/);
  await until(async () => (await shown(page)).all === before, 'the threats of 0.1 % again');
});

test('the site is learnt where that is asked for', async () => {
  const before = (await shown(page)).all;
  const learn = page.getByRole('checkbox', { name: /Learn what is normal/ });
  await learn.focus();
  await page.keyboard.press('Space');
  await scanned(page);
  const want = parse(n.scan(LOGS, '--output', 'ndjson', '--site'));
  await until(async () => (await shown(page)).all === want.length, 'the threats of scan --site');
  assert.notEqual(want.length, before, 'the site changes nothing here');
  const incidents = new Set(want.map((t) => t.incident)).size;
  await until(async () => Number(await page.locator('.figure b').textContent()) === incidents, 'its incidents');
  await rows().first().click();
  const detail = page.locator('tiercel-detail');
  await detail.getByText("What the site’s own logs say").waitFor();
  await detail.getByText(/^It is (rarer|more usual|as rare) here: .+ in these logs, .+ elsewhere\.$/).waitFor();
  assert.deepEqual(await serious(page), []);
  await page.keyboard.press('Escape');
  await learn.uncheck();
  await scanned(page);
  await until(async () => (await shown(page)).all === before, 'the threats of the model alone again');
});

test('filters, sorting and an incident narrow the table', async () => {
  const all = threats();
  const sqli = all.filter((t) => t.class === 'sqli');
  await page.getByRole('combobox', { name: 'Class' }).selectOption('sqli');
  await until(async () => (await shown(page)).rows === sqli.length, 'SQL injections only');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('textbox', { name: 'Source' }).fill(all[0].entity);
  await page.keyboard.press('Enter');
  await until(async () => (await shown(page)).rows === all.filter((t) => t.entity === all[0].entity).length, 'one source');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('searchbox').fill('Accepted password');
  await until(async () => (await shown(page)).rows < all.length, 'a text');
  assert.match(await rows().first().textContent(), /Accepted password/);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await until(async () => (await shown(page)).rows === all.length, 'everything again');
  assert.equal(await page.getByRole('searchbox').inputValue(), '');

  const header = page.getByRole('columnheader', { name: /Time/ });
  await header.getByRole('button').click();
  const times = await page.locator('tiercel-threats .body .time').allTextContents();
  assert.deepEqual(times, [...times].sort());
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
  await header.getByRole('button').click();
  const newest = await page.locator('tiercel-threats .body .time').first().textContent();
  assert.equal(newest, all.map((t) => t.time).filter(Boolean).sort().at(-1).slice(0, 19).replace('T', ' '));

  const first = page.locator('tiercel-incidents li button').first();
  const events = Number(/([\d,]+) event/.exec(await first.textContent())[1].replaceAll(',', ''));
  await first.click();
  await until(async () => (await shown(page)).rows === events, 'the events of one incident');
  await page.getByRole('button', { name: 'Clear filters' }).click();
});

test('brushing the timeline is a filter by time', async () => {
  const all = (await shown(page)).all;
  const box = await page.locator('tiercel-timeline .u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.1, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50, { steps: 4 });
  await page.mouse.move(box.x + box.width * 0.5, box.y + 50, { steps: 4 });
  await page.mouse.up();
  await until(async () => (await shown(page)).rows < all, 'fewer threats');
  const { rows: inside } = await shown(page);
  await until(async () => {
    const brush = await page.locator('tiercel-timeline .u-select').boundingBox();
    return brush && Math.abs(brush.x - box.x - box.width * 0.1) < 4 && Math.abs(brush.width - box.width * 0.4) < 4;
  }, 'what was chosen stays marked');
  const value = (name) => page.getByLabel(name).inputValue();
  const [from, to] = [await value('From, UTC'), await value('To, UTC')];
  const within = threats().filter((t) => t.time && t.time >= from && t.time < to + '.999').length;
  assert.ok(Math.abs(inside - within) <= 3, `${inside} shown, ${within} between ${from} and ${to}`); // fields have whole seconds
  await page.locator('.period summary').click();
  await page.getByLabel('To, UTC').fill(from);
  await until(async () => (await shown(page)).rows === 0, 'an empty span');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await until(async () => (await shown(page)).rows === all, 'everything again');
});

test('the detail shows the record, what mattered and every tier', async () => {
  await page.getByRole('combobox', { name: 'Class' }).selectOption('xss');
  await until(async () => (await rows().allTextContents()).every((text) => /Cross-site/.test(text)), 'one class');
  await rows().first().click();
  const detail = page.locator('tiercel-detail');
  await detail.getByText('How the tiers judged').waitFor();
  const place = /access\.log, line ([\d,]+)/.exec(await detail.locator('header').textContent());
  const line = n.read('access.log').toString().split('\n')[Number(place[1].replaceAll(',', '')) - 1];
  const texts = await detail.locator('.text').allTextContents();
  assert.ok(texts.includes(line), 'the record as it stands in the file');
  assert.ok((await detail.locator('mark').allTextContents()).some((t) => /script|alert|onerror|<|svg/i.test(t)), 'marked pieces');
  const { explain: x } = parse(n.scan(['access.log'], '--output', 'ndjson', '--explain')).find((t) => t.line === Number(place[1].replaceAll(',', '')));
  assert.equal(await detail.locator('tbody tr').count(), x.learners.length);
  assert.equal(await detail.locator('svg rect.slot').count(), x.learners.length);
  assert.equal(await detail.locator('svg circle').count(), x.metas.length + 1);
  await page.getByRole('button', { name: 'Close the detail' }).click();
  await page.getByRole('button', { name: 'Clear filters' }).click();
});

test('exports are those of the command line', async () => {
  const json = await download('Threats as JSON');
  assert.equal(json.name, 'tiercel.json');
  assert.deepEqual(JSON.parse(json.text), threats());
  assert.equal((await download('Threats as CSV')).text, n.scan(LOGS, '--output', 'csv', '--budget', '0.1%'));
  const report = (await download('Report')).text;
  assert.doesNotMatch(report, /<script|https?:\/\/(?!shop\.example)[^"]*\.(js|css)/);
  const alone = await page.context().newPage();
  const asked = [];
  alone.on('request', (r) => asked.push(r.url()));
  await alone.setContent(report);
  assert.ok((await alone.locator('body').innerText()).includes(threats()[0].entity));
  assert.deepEqual(asked.filter((url) => !url.startsWith('data:')), []);
  await alone.close();
});

test('labels adapt the scores, can be undone, saved and loaded', async () => {
  const detail = page.locator('tiercel-detail');
  const score = async () => Number(/([\d.]+)$/.exec((await detail.locator('.facts').nth(1).textContent()).trim())[1]);
  await page.getByRole('combobox', { name: 'Class' }).selectOption('sqli');
  await until(async () => (await rows().allTextContents()).every((text) => /SQL/.test(text)), 'one class');
  await rows().first().click();
  await detail.getByText('How the tiers judged').waitFor();
  const before = await score();
  const benign = detail.getByRole('button', { name: 'Benign' });
  await benign.click();
  await detail.getByText('What your labels did').waitFor();
  const after = await score();
  assert.ok(after < before, `${after} after ${before}`);
  assert.equal(await benign.getAttribute('aria-pressed'), 'true');
  const model = page.getByText('Model', { exact: true });
  await model.click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the adapted model' }).click()]);
  const saved = readFileSync(await file.path());
  await model.click();
  await page.getByRole('button', { name: 'Undo the last label' }).click();
  await until(async () => (await score()) === before, 'the score of before');
  assert.equal(await benign.getAttribute('aria-pressed'), 'false');

  const load = async (buffer) => {
    await model.click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Load an adapted model' }).click();
    await (await chooser).setFiles({ name: 'my.adaptation', mimeType: '', buffer });
  };
  await load(Buffer.from('no adaptation'));
  await page.getByRole('alert').waitFor();
  await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  assert.equal(await score(), before);
  await load(saved);
  await page.getByText('1 label in force').waitFor();
  await until(async () => (await score()) === after, 'the score of the saved model');
  await model.click();
  await page.getByRole('button', { name: 'Undo the last label' }).click();
  await until(async () => (await score()) === before, 'the score of before the loading');
  await page.getByRole('button', { name: 'Close the detail' }).click();
  await page.getByRole('button', { name: 'Clear filters' }).click();
});

test('a plugin has a say, and is refused where it is none', async (c) => {
  const wasm = n.guest('guest.wasm');
  if (!wasm) return c.skip('no clang');
  n.run('plugin', 'pin', 'guest.wasm');
  const before = (await shown(page)).all;
  await drop(page, [{ name: 'bad.wasm', bytes: wasm.subarray(0, 100) }]);
  await page.getByRole('alert').filter({ hasText: 'bad.wasm was not added' }).waitFor();
  await drop(page, [{ name: 'guest.wasm', bytes: wasm }]);
  await page.getByText('has a say now: Web').waitFor();
  await scanned(page);
  const want = parse(n.scan(LOGS, '--output', 'ndjson', '--budget', '0.1%', '--plugin', 'all-columns'));
  await until(async () => (await shown(page)).all === want.length, `the ${want.length} threats of the command line with the plugin`);
  await page.getByRole('searchbox').fill('GET');
  await until(async () => /GET/.test(await rows().first().textContent()), 'a request');
  await rows().first().click();
  await page.locator('tiercel-detail tbody').getByText('all-columns').first().waitFor();
  await page.getByRole('button', { name: 'Close the detail' }).click();
  await page.getByText('Model', { exact: true }).click();
  await page.getByRole('button', { name: 'Remove plugins' }).click();
  await until(async () => (await page.getByRole('button', { name: 'Cancel' }).count()) === 0 && (await shown(page)).all === before, 'the threats of before');
});

test('everything can be done with the keyboard', async () => {
  await clear();
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Tab'); // Model
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles({ name: 'access.log', mimeType: 'text/plain', buffer: n.read('access.log') });
  await scanned(page);
  const at = () => page.evaluate(() => {
    let a = document.activeElement;
    while (a?.shadowRoot?.activeElement) a = a.shadowRoot.activeElement;
    return `${a?.getAttribute('role') ?? a?.localName} ${a?.getAttribute('aria-label') ?? a?.textContent.trim().slice(0, 20) ?? ''}`;
  });
  for (let i = 0; i < 60 && !(await at()).startsWith('grid'); i++) await page.keyboard.press('Tab');
  assert.match(await at(), /^grid Threats/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const active = () => page.locator('tiercel-threats .grid').getAttribute('aria-activedescendant');
  assert.equal(await active(), 'r2');
  await page.keyboard.press('End');
  const last = (await shown(page)).rows - 1;
  assert.equal(await active(), `r${last}`);
  await page.locator(`tiercel-threats #r${last}`).waitFor();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.locator('tiercel-detail').getByText('How the tiers judged').waitFor();
  assert.equal(await rows().first().getAttribute('aria-selected'), 'true');
  for (let i = 0; i < 20 && !/Why this verdict/.test(await at()); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await page.locator('tiercel-detail').waitFor({ state: 'detached' });
  assert.match(await at(), /^grid Threats/, 'closing gives the keyboard back');
});

test('cancelling keeps what was found and the page alive', async () => {
  await clear();
  await drop(page, [{ name: 'big.log', bytes: n.read('access.log'), times: 1000 }]); // more than any machine scans meanwhile
  const cancel = page.getByRole('button', { name: 'Cancel' });
  await cancel.waitFor();
  await until(async () => /\/s/.test(await page.locator('.working').textContent()), 'a rate');
  await cancel.click();
  await page.getByText('Cancelled').waitFor({ timeout: 3000 });
  await scanned(page);
  await clear();
  await drop(page, files(['auth.log']));
  await scanned(page);
  assert.equal((await shown(page)).all, threats('0.1%', ['auth.log']).length);
});

test('what cannot be read gets a message, and the rest is scanned', async () => {
  await clear();
  await drop(page, [{ name: 'one.png', bytes: Buffer.from('89504e470d0a1a0a00', 'hex') }, ...files(['auth.log']), { name: 'two.log', bytes: Buffer.alloc(0) }]);
  await scanned(page);
  const told = await page.getByRole('alert').allTextContents();
  assert.ok(/^one\.png: /.test(told[0]) && /^two\.log: /.test(told[1]) && told.length === 2, JSON.stringify(told));
  for (const [name, bytes, says] of [
    ['empty.log', Buffer.alloc(0), /empty\.log/],
    ['picture.png', Buffer.from('89504e470d0a1a0a0000000d49484452000000', 'hex'), /picture\.png/],
    ['cut.log.gz', gzipSync(n.read('access.log')).subarray(0, 9000), /cut\.log\.gz: damaged or truncated gzip/],
    ['prose.txt', Buffer.from('It was a dark and stormy night.\n'.repeat(50)), /prose\.txt|not readable/],
  ]) {
    await clear();
    await drop(page, [{ name, bytes }, ...files(['auth.log'])]);
    await scanned(page);
    await until(async () => says.test(await page.locator('tiercel-console').evaluate((e) => e.shadowRoot.textContent)), `a message about ${name}`);
    assert.ok((await shown(page)).all >= 1, `${name}: the other log was not scanned`);
  }
});

// TIERCEL_DATA names a folder of labelled logs: see examples/train/README.md.
const data = process.env.TIERCEL_DATA;
test('real logs', { skip: data ? false : 'no TIERCEL_DATA' }, async () => {
  const real = { 'access.log': 'access-real/attacked.log.gz', 'auth.log': 'auth-more/vps-2018.log.gz', 'conn.log': 'zeek-flows/008-conn.log.labeled.gz' };
  for (const [name, path] of Object.entries(real)) {
    const packed = readFileSync(join(data, path));
    n.write(`real-${name}.gz`, packed);
    if (name !== 'conn.log') n.write(`real-${name}`, gunzipSync(packed));
  }
  const names = ['real-access.log', 'real-conn.log.gz', 'real-auth.log'];
  const want = threats('0.1%', names);
  await clear();
  await drop(page, files(names));
  await scanned(page);
  assert.equal((await shown(page)).all, want.length);
  assert.deepEqual(JSON.parse((await download('Threats as JSON')).text), want);
});

test('the policy is that of the README, and is in force', async () => {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; require-trusted-types-for 'script'";
  const answer = await fetch(stage.origin + '/');
  assert.ok(answer.headers.get('content-security-policy').startsWith(policy + ';'));
  assert.ok((await answer.text()).includes(`content="${policy};`));
  const v = await open(stage);
  const stopped = await v.page.evaluate(async () => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', (e) => seen.push(e.effectiveDirective));
    try {
      document.body.innerHTML = '<b>markup</b>';
    } catch {}
    const script = document.createElement('script');
    try {
      script.text = 'globalThis.ran = 1';
    } catch {}
    await fetch('https://elsewhere.example/').catch(() => {});
    const image = new Image();
    image.src = 'https://elsewhere.example/pixel.png';
    await new Promise((done) => setTimeout(done, 100));
    return seen;
  });
  for (const directive of ['require-trusted-types-for', 'connect-src', 'img-src']) assert.ok(stopped.includes(directive), `${directive}: ${stopped}`);
  await v.close();
});

test('pages theme the console', async () => {
  const v = await open(stage);
  const button = v.page.getByRole('button', { name: 'Choose files' });
  const colour = () => button.evaluate((b) => getComputedStyle(b).backgroundColor);
  const light = await colour();
  await v.page.locator('tiercel-console').evaluate((e) => e.setAttribute('theme', 'dark'));
  assert.notEqual(await colour(), light);
  await v.page.locator('tiercel-console').evaluate((e) => e.style.setProperty('--tiercel-accent', 'rgb(1, 2, 3)'));
  assert.equal(await colour(), 'rgb(1, 2, 3)');
  await v.close();
});

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${scheme}`, async () => {
    const v = await open(stage, { scheme });
    assert.deepEqual(await serious(v.page), [], 'nothing chosen yet');
    await drop(v.page, files(LOGS));
    await scanned(v.page);
    assert.deepEqual(await serious(v.page), [], 'the result');
    await v.page.locator('tiercel-incidents li button').first().click();
    await v.page.locator('tiercel-detail').getByText('How the tiers judged').waitFor();
    assert.deepEqual(await serious(v.page), [], 'the detail');
    await v.close();
  });
}

test('a narrow page: the detail takes the keyboard, and gives it back', async () => {
  const v = await open(stage, { width: 390, height: 844 });
  const columns = Array.from({ length: 200 }, (_, i) => `column${i}`);
  const query = encodeURIComponent(encodeURIComponent(`' UNION SELECT ${columns} FROM users--`));
  await drop(v.page, [{ name: 'long.log', bytes: `203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] "GET /search?q=${query} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n` }]);
  await scanned(v.page);
  await v.page.locator('tiercel-incidents li button').first().click();
  await v.page.locator('tiercel-detail').getByText('How the tiers judged').waitFor();
  assert.deepEqual(await serious(v.page), [], 'texts that scroll');
  await v.page.keyboard.press('Escape');
  await v.page.locator('tiercel-detail').waitFor({ state: 'detached' });
  const learn = v.page.getByRole('checkbox', { name: /Learn what is normal/, description: /odd for these logs/ });
  await learn.check();
  await scanned(v.page);
  assert.deepEqual(await serious(v.page), [], 'the site learnt');
  const wide = await v.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels`);
  await v.close();
});

test('a log without a record says so, and is not filtered', async () => {
  const v = await open(stage);
  await drop(v.page, [{ name: 'one.png', bytes: Buffer.from('89504e470d0a1a0a00', 'hex') }]);
  await scanned(v.page);
  assert.equal(await v.page.getByText('No records were read.').count(), 2, 'incidents and threats');
  await v.close();
});

test('without a network after the first visit', async () => {
  const own = await start();
  const v = await open(own);
  await v.page.evaluate(() => navigator.serviceWorker.ready.then(() => new Promise((done) => (navigator.serviceWorker.controller ? done() : navigator.serviceWorker.addEventListener('controllerchange', done)))));
  await own.stopServer();
  await v.page.reload();
  await v.page.getByRole('button', { name: 'Try with example logs' }).click();
  await scanned(v.page);
  assert.ok((await shown(v.page)).all > 100);
  const cdp = await v.page.context().newCDPSession(v.page);
  const { errors, data } = await cdp.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.equal(JSON.parse(data).display, 'standalone');
  assert.deepEqual(v.complaints, []);
  await own.browser.close();
});

test('no request leaves, nothing is complained of', async () => {
  assert.ok(view.requests.length > 5);
  assert.deepEqual(view.requests.filter((url) => !url.startsWith(stage.origin + '/') && !url.startsWith(`blob:${stage.origin}/`)), []);
  assert.deepEqual(view.complaints, []);
});
