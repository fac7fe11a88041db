// Each example, with the package as npm pack makes it, against what the command
// line says of the same logs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { serve } from '../../wasm/console/serve.mjs';
import { native, parse } from '../../wasm/npm/test/native.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const installed = join(here, 'node_modules/tiercel');
let n, out, browser, threats;
const servers = [];

before(async () => {
  n = native({ seed: 9, lines: 800 });
  threats = parse(n.scan(['access.log'], '--output', 'ndjson'));
  assert.ok(threats.length > 5);
  out = mkdtempSync(join(tmpdir(), 'tiercel-examples-'));
  const packed = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], { cwd: join(here, '../../wasm/npm'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(out, packed[0].filename), '-C', installed, '--strip-components=1']);
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  assert.ok(existsSync(path), `no Chromium at ${path}: install it or name it in CHROMIUM`);
  browser = await chromium.launch({ executablePath: path, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  for (const s of servers) s.close();
  n?.remove();
  if (out) rmSync(out, { recursive: true, force: true });
});

/** A folder with the package's files in it, served; its page, which must not complain. */
async function site(name, fill) {
  const folder = join(out, name);
  cpSync(join(installed, 'dist'), join(folder, 'tiercel'), { recursive: true });
  await fill(folder);
  const server = serve(folder);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(String(e)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return { page, complaints };
}

const bundle = (entry, outfile, more = {}) =>
  build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' }, logLevel: 'error', ...more });

const log = () => ({ name: 'access.log', mimeType: 'text/plain', buffer: n.read('access.log') });

test('plain page', async () => {
  const { page, complaints } = await site('plain', (folder) => cpSync(join(here, 'plain'), folder, { recursive: true }));
  await page.setInputFiles('input', [log()]);
  await page.getByText(/incidents$/).waitFor();
  assert.deepEqual(await page.locator('li').allTextContents(), threats.map((t) => `${t.file}:${t.line} ${t.class} from ${t.entity}`));
  await page.setInputFiles('input', [{ name: 'empty.log', mimeType: 'text/plain', buffer: Buffer.alloc(0) }]);
  await page.getByText('empty.log').waitFor();
  assert.deepEqual(complaints, []);
});

test('React', async () => {
  const { page, complaints } = await site('react', async (folder) => {
    cpSync(join(here, 'react/index.html'), join(folder, 'index.html'));
    await bundle(join(here, 'react/app.jsx'), join(folder, 'app.js'));
  });
  await page.setInputFiles('input', [log()]);
  await page.locator('ul li').first().waitFor();
  assert.equal(await page.locator('ul li').count(), new Set(threats.map((t) => t.incident)).size);
  await page.getByRole('button', { name: 'Look closer' }).click();
  await page.locator('tiercel-incidents li').first().waitFor();
  assert.match(await page.locator('tiercel-console .shown').textContent(), new RegExp(`^${threats.length} threats$`));
  assert.deepEqual(complaints, []);
});

test('Grafana-style panel', async () => {
  const lines = n.read('access.log').toString().trimEnd().split('\n');
  const middle = threats[threats.length >> 1].time;
  const { page, complaints } = await site('grafana', async (folder) => {
    // What Grafana does: it loads the module and renders the panel with the frames of a query.
    const host = `
      import { createRoot } from 'react-dom/client';
      import { plugin } from './grafana/module.jsx';
      const time = (iso) => ({ toDate: () => new Date(iso), valueOf: () => Date.parse(iso) });
      const frame = { fields: [{ name: 'Time', type: 'time', values: [] }, { name: 'Line', type: 'string', values: ${JSON.stringify(lines)} }] };
      createRoot(document.getElementById('root')).render(<plugin.panel data={{ series: [frame] }} width={800} height={400} options={{}} timeRange={{ from: time('2026-01-01T00:00:00Z'), to: time(${JSON.stringify(middle)}) }} />);`;
    const double = { name: 'grafana', setup: (b) => {
      b.onResolve({ filter: /^@grafana\/data$/ }, () => ({ path: 'data', namespace: 'grafana' }));
      b.onLoad({ filter: /./, namespace: 'grafana' }, () => ({ contents: 'export class PanelPlugin { constructor(panel) { this.panel = panel; } }' }));
    } };
    await bundle(undefined, join(folder, 'app.js'), { entryPoints: undefined, stdin: { contents: host, resolveDir: here, loader: 'jsx' }, plugins: [double] });
    writeFileSync(join(folder, 'index.html'), readFileSync(join(here, 'react/index.html')));
  });
  const want = threats.filter((t) => t.time < middle);
  await page.locator('tbody tr').first().waitFor();
  assert.deepEqual(await page.locator('tbody tr td:last-child').allTextContents(), want.map((t) => lines[t.line - 1]));
  assert.deepEqual(complaints, []);
});

test('Node script', () => {
  const r = spawnSync(process.execPath, [join(here, 'node/threats.mjs'), n.path('access.log')], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stderr);
  assert.equal(r.stdout.trimEnd().split('\n').length, new Set(threats.map((t) => t.incident)).size);
  assert.match(r.stderr, new RegExp(`^${threats.length} threats in `));
  assert.notEqual(spawnSync(process.execPath, [join(here, 'node/threats.mjs'), n.path('nothing.log')]).status, 0);
});
