// Measures the package in one run, beside its goals: size, cold load, lines a
// second with 1 to 4 workers and of CPU time, beside the command line tool and
// plain JavaScript, and how long cancelling takes. The ratios are what counts: the
// machine's other work is in all figures but those of CPU time, which it still slows.
//
//	make npm && node wasm/npm/bench.mjs [megabytes]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';
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

  const wasm = gunzipSync(readFileSync(new URL('dist/tiercel.wasm.gz', import.meta.url)));
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

  // CPU time in microseconds of a function here, and of a process that was waited for.
  const spent = (u = process.cpuUsage()) => u.user + u.system;
  const scan = ['scan', '--workers', '1', '--output', 'ndjson', 'big.log'];
  const native = (workers) => {
    const began = performance.now();
    const r = spawnSync(tool, scan.with(2, String(workers)), { cwd: dir, stdio: 'ignore', env: { ...process.env, GOMAXPROCS: String(workers) } });
    if (r.status !== 0) throw new Error(`tiercel: status ${r.status}`);
    return lines / ((performance.now() - began) / 1000);
  };
  const nativeCPU = () => {
    const times = join(dir, 'times');
    const r = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; { time "$@" >/dev/null 2>&1; } 2>${JSON.stringify(times)}`, 'bash', tool, ...scan], { cwd: dir, env: { ...process.env, GOMAXPROCS: '1' } });
    if (r.status !== 0) throw new Error('bash is needed to measure CPU time');
    return lines / readFileSync(times, 'utf8').trim().split(' ').reduce((a, t) => a + Number(t), 0);
  };
  const pools = new Map();
  for (const workers of [1, 2, 4]) pools.set(workers, await Tiercel.load({ workers, models: ['http'] }));
  const learning = await Tiercel.load({ workers: 1, models: ['http'] });
  const page = async (workers, t = pools.get(workers), site = false) => {
    const began = performance.now(), cpu = spent();
    for await (const part of t.scan(join(dir, 'big.log'), { site })) void part;
    return { wall: lines / ((performance.now() - began) / 1000), cpu: lines / ((spent() - cpu) / 1e6) };
  };
  const best = {};
  const note = (what, rate) => (best[what] = Math.max(best[what] ?? 0, rate));
  for (let round = 0; round < 5; round++) {
    for (const workers of [1, 2, 4]) {
      note(`native, ${workers} worker${workers > 1 ? 's' : ''}`, native(workers));
      const { wall, cpu } = await page(workers);
      note(`wasm, ${workers} worker${workers > 1 ? 's' : ''}`, wall);
      if (workers === 1) note('wasm, of CPU time', cpu);
    }
    note('wasm, 1 worker, learning the site', (await page(1, learning, true)).wall);
    note('native, of CPU time', nativeCPU());
    const cpu = spent();
    plain(one.toString('latin1'));
    note('JavaScript, of CPU time', lines * (one.length / log.length) / ((spent() - cpu) / 1e6));
  }
  const thousands = (rate) => `${(rate / 1e3).toFixed(0)} thousand lines a second`;
  const goals = { 'wasm, 1 worker': '600 thousand', 'wasm, 4 workers': '3 times 1 worker', 'wasm, of CPU time': 'native at most 1.5 times', 'JavaScript, of CPU time': 'a fifteenth of wasm; does less' };
  for (const [what, rate] of Object.entries(best)) {
    const beside = best[what.endsWith('CPU time') ? 'wasm, of CPU time' : 'wasm, 1 worker'];
    console.log(`${what}: ${thousands(rate)}, ${(rate / beside).toFixed(2)} of wasm${goals[what] ? ` (goal: ${goals[what]})` : ''}`);
  }
  for (const [workers, t] of pools) {
    console.log(`${workers} workers hold ${(await t.memory()).map((n) => (n / 2 ** 20).toFixed(1)).join(', ')} MiB (goal: 14 each)`);
  }
  console.log(`1 worker that learns the site holds ${(await learning.memory()).map((n) => (n / 2 ** 20).toFixed(1)).join(', ')} MiB`);
  const cancels = [];
  for (let i = 0; i < 7; i++) {
    const stop = new AbortController();
    let asked;
    try {
      for await (const part of pools.get(2).scan(new Blob([log]), { all: true, signal: stop.signal })) {
        void part;
        asked = performance.now();
        stop.abort();
      }
    } catch (e) {
      if (!stop.signal.aborted) throw e;
    }
    cancels.push(performance.now() - asked);
  }
  console.log(`cancelled in ${Math.min(...cancels).toFixed(1)} ms at best, ${median(cancels).toFixed(1)} ms median (goal: 10)`);
  for (const t of [learning, ...pools.values()]) await t.close();
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/**
 * What a page would write without an engine: a regular expression for the line,
 * URLSearchParams for the values, a Map for the windows of sources, and one
 * learner of the default model's ten, a logistic over the set of hashed runs of
 * one to three characters (the weights are made up: time does not depend on them).
 */
function plain(text) {
  const weights = new Float32Array(1 << 15).map((_, i) => ((i * 7919) % 255) / 255 - 0.5);
  const shape = /^(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\S+) "([^"]*)" "([^"]*)"/;
  const sources = new Map();
  let found = 0;
  for (const line of text.split('\n')) {
    const m = shape.exec(line);
    if (!m) continue;
    const [path, query] = m[5].split('?');
    const values = [path, ...new URLSearchParams(query ?? '').values(), m[8], m[9]];
    let worst = 0;
    for (const value of values) {
      const lower = value.toLowerCase();
      const seen = new Set();
      for (let n = 1; n <= 3; n++) {
        for (let i = 0; i + n <= lower.length; i++) {
          let h = n;
          for (const c of lower.slice(i, i + n)) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193);
          seen.add((h >>> 0) & (weights.length - 1));
        }
      }
      let sum = -4;
      for (const k of seen) sum += weights[k];
      worst = Math.max(worst, 1 / (1 + Math.exp(-sum)));
    }
    const s = sources.get(m[1]) ?? { n: 0, errors: 0, paths: new Set() };
    s.n++;
    if (m[6] >= '400') s.errors++;
    s.paths.add(path);
    sources.set(m[1], s);
    if (worst > 0.99 || s.errors > 100) found++;
  }
  return found;
}
