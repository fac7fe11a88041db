// Measures the package in one run: size, cold load, lines a second with 1 to 4
// workers, beside the command line tool with as many. Prints a table; the ratios
// are what counts, the machine's other work is in all figures.
//
//	make npm && node wasm/npm/bench.mjs [megabytes]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { Tiercel } from './dist/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const megabytes = Number(process.argv[2] ?? 32);
const dir = mkdtempSync(join(tmpdir(), 'tiercel-bench-'));
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
try {
  const tool = join(dir, 'tiercel');
  execFileSync('go', ['build', '-o', tool, './host/cmd/tiercel'], { cwd: root, stdio: 'inherit' });
  execFileSync('go', ['run', './examples/logs', '-seed', '7', '-lines', '20000', '-o', dir], { cwd: root, stdio: 'inherit' });
  const one = readFileSync(join(dir, 'access.log'));
  const log = Buffer.concat(Array(Math.ceil((megabytes << 20) / one.length)).fill(one));
  writeFileSync(join(dir, 'big.log'), log);
  let lines = 0;
  for (const c of log) if (c === 10) lines++;

  const wasm = readFileSync(new URL('dist/tiercel.wasm', import.meta.url));
  const packed = brotliCompressSync(wasm, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } });
  console.log(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, node ${process.version}, ${lines} lines of ${(log.length / lines).toFixed(0)} bytes`);
  console.log(`engine ${(wasm.length / 1e6).toFixed(2)} MB, brotli ${(packed.length / 1e3).toFixed(0)} kB`);
  const element = readFileSync(new URL('dist/element/index.js', import.meta.url));
  console.log(`element with lit and uPlot ${(element.length / 1e3).toFixed(0)} kB, brotli ${(brotliCompressSync(element).length / 1e3).toFixed(0)} kB`);

  const loads = [], firsts = [];
  for (let i = 0; i < 7; i++) {
    const began = performance.now();
    const t = await Tiercel.load({ workers: 1, models: ['http'] });
    loads.push(performance.now() - began);
    for await (const part of t.scan(new Blob([one.subarray(0, 64 << 10)]), { all: true })) if (part.length) break;
    firsts.push(performance.now() - began);
    await t.close();
  }
  console.log(`cold load ${Math.min(...loads).toFixed(0)} ms at best, ${median(loads).toFixed(0)} ms median; first verdicts ${Math.min(...firsts).toFixed(0)}, ${median(firsts).toFixed(0)} ms`);

  const native = (workers) => {
    const began = performance.now();
    const r = spawnSync(tool, ['scan', '--workers', String(workers), '--output', 'ndjson', 'big.log'], { cwd: dir, stdio: 'ignore', env: { ...process.env, GOMAXPROCS: String(workers) } });
    if (r.status !== 0) throw new Error(`tiercel: status ${r.status}`);
    return lines / ((performance.now() - began) / 1000);
  };
  const pools = new Map();
  for (const workers of [1, 2, 4]) pools.set(workers, await Tiercel.load({ workers, models: ['http'] }));
  const page = async (workers) => {
    const began = performance.now();
    for await (const part of pools.get(workers).scan(new Blob([log]))) void part;
    return lines / ((performance.now() - began) / 1000);
  };
  const best = {};
  for (let round = 0; round < 5; round++) {
    for (const workers of [1, 2, 4]) {
      best[`native ${workers}`] = Math.max(best[`native ${workers}`] ?? 0, native(workers));
      best[`wasm ${workers}`] = Math.max(best[`wasm ${workers}`] ?? 0, await page(workers));
    }
  }
  for (const [what, rate] of Object.entries(best)) console.log(`${what}: ${(rate / 1e3).toFixed(0)} thousand lines a second, ${(rate / best['wasm 1']).toFixed(2)} of wasm 1`);
  for (const [workers, t] of pools) {
    console.log(`${workers} workers hold ${(await t.memory()).map((n) => (n / 2 ** 20).toFixed(1)).join(', ')} MiB`);
    await t.close();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
