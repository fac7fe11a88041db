// The package in Chromium, under the content security policy that the README
// promises: the rows of the command line, and nothing that leaves the page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { native, parse, zstd } from './native.mjs';

const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; require-trusted-types-for 'script'; trusted-types tiercel";

const TYPES = { js: 'text/javascript', wasm: 'application/wasm', html: 'text/html', json: 'application/json' };

const PAGE = `<!doctype html><meta charset=utf-8><title>test</title><script type=module src=/page.js></script><input type=file multiple>`;

const SCRIPT = `
import { Tiercel } from '/dist/index.js';
const integrity = (await (await fetch('/dist/integrity.json')).json())['tiercel.wasm.gz'];
const pools = new Map();
globalThis.ready = async (workers) => {
  if (!pools.has(workers)) pools.set(workers, await Tiercel.load({ workers, integrity }));
  return pools.get(workers);
};
globalThis.scan = async (input, workers, options) => {
  const t = await ready(workers);
  const rows = [];
  for await (const part of t.scan(input, options)) for (const row of part.rows) rows.push(row.toJSON());
  return rows;
};
globalThis.scanFile = (workers, options) => scan(document.querySelector('input').files[0], workers, options);
globalThis.scanPlugin = async (bytes, options) => {
  const t = await ready(2);
  await t.addPlugin(new Uint8Array(bytes));
  const rows = await scanFile(2, options);
  await t.removePlugins();
  return rows;
};
globalThis.load = Tiercel.load;
globalThis.loaded = true;
`;

let n, server, origin, browser, page;
const requests = [];
const complaints = [];

before(async () => {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  assert.ok(existsSync(path), `no Chromium at ${path}: install it or name it in CHROMIUM`);
  n = native({ seed: 6, lines: 2500 });
  server = createServer((request, response) => {
    const url = new URL(request.url, 'http://x');
    const type = TYPES[url.pathname.split('.').pop()] ?? 'application/octet-stream';
    const headers = { 'content-type': type, 'content-security-policy': CSP, 'cache-control': 'no-store' };
    if (url.pathname === '/') return response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(PAGE);
    if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
    if (url.pathname === '/page.js') return response.writeHead(200, headers).end(SCRIPT);
    const file = new URL('..' + url.pathname, import.meta.url);
    if (!url.pathname.startsWith('/dist/') || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, headers).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({ executablePath: path, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'] });
  page = await browser.newPage();
  page.on('request', (r) => requests.push(r.url()));
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(String(e)));
  await page.goto(origin + '/');
  await page.waitForFunction('globalThis.loaded');
});

after(async () => {
  await browser?.close();
  server?.close();
  n?.remove();
});

const choose = (name, buffer = n.read(name)) => page.setInputFiles('input', { name, mimeType: 'text/plain', buffer });

for (const name of ['access.log', 'conn.log', 'dns.log', 'auth.log']) {
  test(`${name}: the rows of the command line, with 1 to 4 workers`, async () => {
    const want = parse(n.scan([name], '--output', 'ndjson', '--all'));
    const threats = parse(n.scan([name], '--output', 'ndjson', '--budget', '1%'));
    await choose(name);
    for (const workers of [1, 2, 4]) {
      assert.deepEqual(await page.evaluate(([w]) => scanFile(w, { all: true }), [workers]), want, `${workers} workers`);
      assert.deepEqual(await page.evaluate(([w]) => scanFile(w, { budget: '1%' }), [workers]), threats, `${workers} workers, threats`);
    }
  });
}

test('gzip and zstd', async () => {
  const want = parse(n.scan(['conn.log'], '--output', 'ndjson', '--budget', '1%'));
  const bytes = n.read('conn.log');
  await choose('conn.log', gzipSync(bytes));
  assert.deepEqual(await page.evaluate(() => scanFile(2, { budget: '1%' })), want);
  await choose('conn.log', zstd(bytes));
  assert.deepEqual(await page.evaluate(() => scanFile(2, { budget: '1%' })), want);
});

test('cancelling is quick and leaves the pool whole', async () => {
  await choose('access.log');
  const waited = await page.evaluate(async () => {
    const stop = new AbortController();
    const t = await ready(2);
    let at = 0;
    const big = new File(Array(1000).fill(document.querySelector('input').files[0]), 'big.log'); // more than any machine scans meanwhile
    try {
      for await (const part of t.scan(big, { all: true, signal: stop.signal, onProgress() {} })) {
        if (part.length > 0 && at === 0) {
          at = Infinity;
          setTimeout(() => { at = performance.now(); stop.abort(); }, 50);
        }
      }
    } catch (e) {
      if (e.name !== 'AbortError') throw e;
      return performance.now() - at;
    }
    throw new Error('not cancelled');
  });
  assert.ok(waited < 1000, `${waited} ms`);
  await choose('dns.log');
  const want = parse(n.scan(['dns.log'], '--output', 'ndjson', '--budget', '1%'));
  assert.deepEqual(await page.evaluate(() => scanFile(2, { budget: '1%' })), want);
});

test('memory stays flat', async () => {
  const log = n.read('access.log');
  const grown = [];
  for (const times of [10, 60]) {
    await choose('big.log', Buffer.concat(Array(times).fill(log)));
    await page.evaluate(() => scanFile(2, {}));
    grown.push(Math.max(...(await page.evaluate(async () => (await ready(2)).memory()))));
  }
  // How far a heap grows before it is collected varies; six times the file must not matter.
  const bound = Math.max(grown[0] * 2, 64 << 20);
  assert.ok(grown[1] <= bound, `linear memory grew from ${grown[0]} to ${grown[1]} bytes`);
});

test('explains a threat', async () => {
  await choose('access.log');
  const x = await page.evaluate(async () => {
    const t = await ready(2);
    const file = document.querySelector('input').files[0];
    for await (const part of t.scan(file, { budget: '1%' })) {
      const row = part.row(0);
      return { want: row.score, got: await t.explain(file, row) };
    }
  });
  assert.equal(x.got.score, x.want);
  assert.ok(x.got.learners.length > 1 && x.got.metas.length > 1);
});

test('a wrong integrity is refused', async () => {
  const message = await page.evaluate(() => load({ workers: 1, integrity: 'sha384-' + 'A'.repeat(64) }).then(() => 'loaded', (e) => String(e)));
  assert.notEqual(message, 'loaded');
  complaints.splice(0, Infinity, ...complaints.filter((c) => !/integrity|digest/.test(c)));
});

test('nothing leaves the page, nothing is complained of', () => {
  assert.deepEqual(requests.filter((url) => !url.startsWith(origin)), []);
  assert.deepEqual(complaints, []);
});

test('a plugin scores as in the host, bit for bit', async (c) => {
  const wasm = n.guest('guest.wasm');
  if (!wasm) return c.skip('no clang');
  n.run('plugin', 'pin', 'guest.wasm');
  await choose('access.log');
  const want = parse(n.scan(['access.log'], '--plugin', 'all-columns', '--output', 'ndjson', '--all'));
  const got = await page.evaluate(([bytes, options]) => globalThis.scanPlugin(bytes, options), [[...wasm], { all: true }]);
  assert.deepEqual(got, want);
  const without = await page.evaluate((options) => globalThis.scanFile(2, options), { all: true });
  assert.notDeepEqual(got, without, 'the plugin has a say');
});
