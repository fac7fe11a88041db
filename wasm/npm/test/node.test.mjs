// The package in Node, held to the command line tool: the same rows, bit for bit.
import assert from 'node:assert/strict';
import { openAsBlob, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Tiercel, TiercelError } from '../dist/index.js';
import { native, parse, zstd } from './native.mjs';

let n;
const pools = new Map();
before(() => {
  for (const kind of ['http', 'flow', 'dns', 'auth']) {
    const at = (path) => readFileSync(new URL(path, import.meta.url));
    const now = at(`../../../core/model/models/${kind}.tiercel`);
    assert.ok(gunzipSync(at(`../dist/models/${kind}.tiercel.gz`)).equals(now), `dist has another ${kind} model than the command line: make npm`);
  }
  n = native();
});
after(async () => {
  await Promise.all([...pools.values()].map((t) => t.close()));
  n.remove();
});

/** A pool of so many workers, started once. */
async function pool(workers) {
  if (!pools.has(workers)) pools.set(workers, await Tiercel.load({ workers }));
  return pools.get(workers);
}

async function rowsOf(t, input, options = {}) {
  const rows = [];
  for await (const part of t.scan(input, options)) for (const row of part.rows) rows.push(row);
  return rows;
}

const plain = (rows) => rows.map((row) => JSON.parse(JSON.stringify(row)));
const file = (name, bytes = n.read(name)) => new File([bytes], name, { lastModified: Date.now() });
const streamOf = (bytes, size) =>
  new ReadableStream({
    start() { this.at = 0; },
    pull(c) {
      if (this.at >= bytes.length) return c.close();
      c.enqueue(new Uint8Array(bytes.subarray(this.at, (this.at += size))));
    },
  });

describe('the rows of the command line, bit for bit', () => {
  for (const name of ['access.log', 'conn.log', 'dns.log', 'auth.log']) {
    test(name, async () => {
      const want = parse(n.scan([name], '--output', 'ndjson', '--all'));
      assert.ok(want.length > 1000, 'the log has records');
      const threats = parse(n.scan([name], '--output', 'ndjson', '--budget', '1%'));
      assert.ok(threats.length > 0, 'the log has threats');
      for (const workers of [1, 2, 3, 4]) {
        const t = await pool(workers);
        assert.deepEqual(plain(await rowsOf(t, file(name), { all: true })), want, `${workers} workers, all rows`);
        assert.deepEqual(plain(await rowsOf(t, file(name), { budget: '1%' })), threats, `${workers} workers, threats`);
      }
    });
  }

  test('several files are one pass', async () => {
    const want = parse(n.scan(n.logs, '--output', 'ndjson', '--budget', '1%'));
    const t = await pool(3);
    const got = plain(await rowsOf(t, n.logs.map((name) => file(name)), { budget: '1%' }));
    assert.deepEqual(got, want);
    assert.deepEqual(t.summary().map((f) => f.file), n.logs);
    assert.equal(t.incidents().reduce((sum, i) => sum + i.count, 0), want.length);
  });

  test('a budget a day, a time range', async () => {
    const flags = ['--budget', '20/day', '--since', '2026-01-29T09:00:00Z', '--until', '2026-01-29T13:00:00Z'];
    const want = parse(n.scan(['auth.log'], '--output', 'ndjson', ...flags));
    const options = { budget: '20/day', since: new Date('2026-01-29T09:00:00Z'), until: new Date('2026-01-29T13:00:00Z') };
    assert.deepEqual(plain(await rowsOf(await pool(2), file('auth.log'), options)), want);
  });

  test('a site that is learnt while reading', async () => {
    const odd = '10.0.9.9 - - [29/Jan/2026:11:59:00 +0000] "GET /shop/item3?idd=abc HTTP/1.1" 200 512\n';
    const two = (i) => String(i % 60).padStart(2, '0');
    const request = (i) => `10.0.${i % 7}.${i % 50} - - [29/Jan/2026:10:${two(Math.floor(i / 60))}:${two(i)} +0000] "GET /shop/item${i % 5}?id=${i % 900} HTTP/1.1" 200 512\n`;
    n.write('shop.log', Array.from({ length: 4000 }, (_, i) => request(i) + (i === 3990 ? odd : '')).join(''));
    // a site whose ordinary requests look like attacks: the model does not know it, and nothing is certified
    const strange = (i) => request(i).replace('10.0.', `10.${i % 250}.`).replace('?id=', `?q=%3Cscript%3Ealert(${i % 3})%3C/script%3E&id=`);
    const worse = request(0).replace('?id=', "?q=1'%20union%20select%20password%20from%20users--&f=../../../etc/passwd&id=");
    n.write('strange.log', Array.from({ length: 4000 }, (_, i) => strange(i) + (i === 3990 ? worse : '')).join(''));
    for (const [name, budget] of [['access.log', '0.5%'], ['shop.log', '0.5%'], ['strange.log', '5%'], ['auth.log', '0.5%']]) {
      const all = parse(n.scan([name], '--output', 'ndjson', '--all', '--budget', budget, '--site'));
      const threats = parse(n.scan([name], '--output', 'ndjson', '--budget', budget, '--site'));
      assert.notDeepEqual(all, parse(n.scan([name], '--output', 'ndjson', '--all', '--budget', budget)), `${name}: the site has a say`);
      for (const workers of [1, 3]) {
        const t = await pool(workers);
        const what = `${name}, ${workers} workers`;
        assert.deepEqual(plain(await rowsOf(t, file(name), { all: true, budget, site: true })), all, what);
        assert.deepEqual(plain(await rowsOf(t, file(name), { budget, site: true })), threats, `${what}: threats`);
        await rowsOf(t, file(name), { budget: '0.01%', widest: budget, site: true });
        await t.setBudget(budget);
        assert.deepEqual(plain([...t.threats()]), threats, `${what}: threats of a wider budget`);
        await t.rescore();
        assert.deepEqual(plain([...t.threats()]), threats, `${what}: scored again`);
      }
    }
    const found = [...(await pool(3)).threats()];
    assert.ok(found.every((row) => row.raw.length === row.length));
    const input = file('shop.log');
    const [only] = (await rowsOf(await pool(3), input, { budget: '0.5%', site: true })).filter((row) => row.entity === '10.0.9.9');
    assert.equal(only.class, 'anomaly');
    assert.equal(only.raw, odd.trimEnd());
    assert.equal((await rowsOf(await pool(3), input, { budget: '0.5%' })).filter((row) => row.entity === '10.0.9.9').length, 0, 'not without the site');
  });

  test('records that cannot be read, long lines and hostile bytes', async () => {
    const good = n.read('access.log');
    const hostile = Buffer.concat([
      good.subarray(0, 100_000), Buffer.from('\nno record\n'), Buffer.alloc(3 << 20, 'a'), Buffer.from('\n'),
      Buffer.from([0xff, 0xfe, 0, 1, 0x80, 10]), good.subarray(good.indexOf(10, 100_000) + 1),
      Buffer.from('\0\0\0'), good.subarray(0, 5000), Buffer.alloc((1 << 20) + 7, 'b'),
    ]);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(n.path('hostile.log'), hostile);
    const want = parse(n.scan(['hostile.log'], '--output', 'ndjson', '--all'));
    assert.ok(want.filter((row) => row.error?.includes('longer')).length === 2);
    for (const workers of [1, 3]) {
      const t = await pool(workers);
      assert.deepEqual(plain(await rowsOf(t, file('hostile.log'), { all: true })), want, 'ranges of a file');
      assert.deepEqual(plain(await rowsOf(t, streamOf(hostile, 70_001), { all: true, name: 'hostile.log' })), want, 'a stream');
    }
  });

  test('gzip, zstd, streams, responses and bytes', async () => {
    const t = await pool(3);
    for (const name of ['access.log', 'conn.log']) {
      const bytes = n.read(name);
      const want = parse(n.scan([name], '--output', 'ndjson', '--budget', '1%'));
      n.write(name + '.gz', gzipSync(bytes));
      const inputs = {
        gzip: new File([gzipSync(bytes)], name),
        zstd: new File([zstd(bytes)], name),
        'zstd in small chunks': streamOf(zstd(bytes), 777),
        stream: streamOf(bytes, 4099),
        response: new Response(bytes),
        bytes: new Uint8Array(bytes),
        'file of the disk': await openAsBlob(n.path(name)),
        path: n.path(name),
        address: pathToFileURL(n.path(name)),
        handle: await open(n.path(name)),
        'packed file': n.path(name) + '.gz',
      };
      for (const [what, input] of Object.entries(inputs)) {
        assert.deepEqual(plain(await rowsOf(t, input, { name, budget: '1%' })), want, what);
      }
      const whole = await rowsOf(t, inputs.path, { all: true });
      assert.equal(whole[0].file, name, 'a path names the file');
      assert.equal((await t.explain(inputs.handle, whole.at(-2))).score, whole.at(-2).score);
      await inputs.handle.close();
    }
  });

  test('JSON that is not one record a line, CSV, headers that change', async () => {
    const { writeFileSync } = await import('node:fs');
    const request = (i) => ({ time: `2026-01-29T10:${String(i % 60).padStart(2, '0')}:00Z`, client_ip: `203.0.113.${i % 250}`, method: 'GET', uri: i % 50 ? `/a/${i}` : "/?q=1' UNION SELECT password FROM users--", status: 200 });
    const many = Array.from({ length: 3000 }, (_, i) => request(i));
    writeFileSync(n.path('array.json'), JSON.stringify(many, null, 1));
    writeFileSync(n.path('lines.json'), many.map((r) => JSON.stringify(r) + '\n').join(''));
    writeFileSync(n.path('names.csv'), 'ts,src_ip,query\n' + many.map((_, i) => `${1769680000 + i},10.0.0.${i % 9},host${i % 77}.example\n`).join(''));
    const conn = n.read('conn.log').toString();
    const dns = n.read('dns.log').toString();
    writeFileSync(n.path('both.log'), conn + dns + conn);
    for (const name of ['array.json', 'lines.json', 'names.csv', 'both.log']) {
      const want = parse(n.scan([name], '--output', 'ndjson', '--all', '--budget', '1%'));
      assert.ok(want.length >= 3000, `${name}: ${want.length} records`);
      for (const workers of [1, 4]) {
        const t = await pool(workers);
        assert.deepEqual(plain(await rowsOf(t, file(name), { all: true, budget: '1%' })), want, `${name}, ${workers} workers`);
        assert.deepEqual(plain(await rowsOf(t, streamOf(n.read(name), 5001), { all: true, budget: '1%', name })), want, `${name} as a stream`);
      }
    }
  });
});

describe('explain', () => {
  test('the score of the row, for threats and for others', async () => {
    const t = await pool(2);
    for (const name of n.logs) {
      const input = file(name);
      const rows = await rowsOf(t, input, { all: true, budget: '1%' });
      const threats = rows.filter((r) => r.threat);
      for (const row of [...threats.slice(0, 5), rows[0], rows.at(-1), rows[rows.length >> 1]]) {
        const x = await t.explain(input, row);
        assert.equal(x.score, row.score, `${name}:${row.line}`);
        assert.equal(x.falseAlarmRate, row.falseAlarmRate);
        assert.equal(x.kind, row.kind);
        assert.equal(x.learners.length, t.models.find((m) => m.kind === row.kind).learners.length);
        if (row.threat) assert.ok(x.features.some((f) => f.context), `${name}:${row.line} has context columns`);
        for (const v of x.values) for (const [from, to] of v.marks) assert.ok(from < to && to <= v.decoded.length);
      }
    }
  });

  test('marks what mattered', async () => {
    const t = await pool(2);
    const line = `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /p?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20 HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n`;
    const [row] = await rowsOf(t, new Blob([line]), { all: true, format: 'combined', budget: '1%' });
    const x = await t.explain(null, row.threat ? row : await Promise.reject(new Error('no threat')));
    const value = x.values.find((v) => v.name === 'q');
    assert.match(value.decoded, /union select/);
    assert.ok(value.marks.length > 0);
  });

  test('a compressed file is read again, a stream cannot be', async () => {
    const t = await pool(2);
    const packed = new File([gzipSync(n.read('access.log'))], 'access.log.gz');
    const rows = await rowsOf(t, packed, { all: true });
    const row = rows.at(-3);
    assert.equal((await t.explain(packed, row)).score, row.score);
    await assert.rejects(t.explain(streamOf(n.read('access.log'), 1000), row), TiercelError);
  });
});

describe('a scan', () => {
  test('is cancelled at once, and the pool goes on', async () => {
    const t = await pool(2);
    const big = new Blob(Array(20).fill(n.read('access.log')));
    const stop = new AbortController();
    let began = 0;
    await assert.rejects(async () => {
      for await (const part of t.scan(big, { all: true, signal: stop.signal })) {
        void part;
        began ||= performance.now();
        stop.abort();
      }
    }, { name: 'AbortError' });
    const want = parse(n.scan(['dns.log'], '--output', 'ndjson', '--budget', '1%'));
    assert.deepEqual(plain(await rowsOf(t, file('dns.log'), { budget: '1%' })), want);
  });

  test('ends when the loop is left', async () => {
    const t = await pool(2);
    for await (const part of t.scan(file('access.log'), { all: true })) {
      assert.ok(part.length > 0);
      break;
    }
    assert.ok((await rowsOf(t, file('auth.log'), { all: true })).length > 1000);
  });

  test('waits for the one before it', async () => {
    const t = await pool(2);
    const [a, b] = await Promise.all([rowsOf(t, file('dns.log'), { all: true }), rowsOf(t, file('auth.log'), { all: true })]);
    assert.ok(a.every((r) => r.kind === 'dns') && b.every((r) => r.kind === 'auth'));
  });

  test('is not made faster than its parts are taken', async () => {
    const t = await pool(2);
    const bytes = n.read('access.log');
    let taken = 0;
    const endless = new ReadableStream({ pull(c) { taken++; c.enqueue(new Uint8Array(bytes)); } });
    const parts = t.scan(endless, { all: true, name: 'endless' });
    await parts.next();
    await new Promise((r) => setTimeout(r, 500));
    const before = taken;
    await new Promise((r) => setTimeout(r, 500));
    assert.ok(taken - before <= 1, `${taken - before} chunks were taken while nobody asked`);
    await parts.return();
  });

  test('tells how far it is', async () => {
    const t = await pool(2);
    const input = file('access.log');
    const told = [];
    await rowsOf(t, input, { onProgress: (p) => told.push({ ...p }) });
    assert.equal(told.at(-1).done, input.size);
    assert.equal(told.at(-1).total, input.size);
    assert.equal(told.at(-1).format, 'combined');
    for (let i = 1; i < told.length; i++) assert.ok(told[i].done >= told[i - 1].done);
  });

  test('says what is wrong in words, and the rows before it come', async () => {
    const t = await pool(2);
    const packed = gzipSync(n.read('access.log'));
    const rows = [];
    await assert.rejects(async () => {
      for await (const part of t.scan(new File([packed.subarray(0, packed.length * 0.7)], 'cut.gz'), { all: true })) for (const r of part.rows) rows.push(r);
    }, /cut\.gz: damaged or truncated gzip/);
    assert.ok(rows.length > 100);
    for (const [what, bytes, message] of [
      ['a wide window', zstd(n.read('access.log'), 15), /window above 8 MiB/],
      ['cut zstd', zstd(n.read('access.log')).subarray(0, 100_000), /damaged or truncated zstd/],
      ['empty', '', /empty/],
      ['text', 'Dear all,\nthis is a letter.\n', /no known log format/],
      ['zip', 'PK\x03\x04aaaaaaaaaaaaaaaaaaaa', /zip archive/],
      ['UTF-16', Buffer.from('\ufeffabc def\n', 'utf16le'), /UTF-16/],
    ]) {
      await assert.rejects(rowsOf(t, new Blob([bytes]), { name: what }), message, what);
    }
    await assert.rejects(rowsOf(t, n.path('missing.log')), /missing\.log: .*no such file/);
    await assert.rejects(rowsOf(t, n.dir), /no regular file/);
    await assert.rejects(rowsOf(t, 7), /cannot be read: want/);
    await assert.rejects(rowsOf(t, file('access.log'), { budget: 'much' }), /budget/);
    await assert.rejects(rowsOf(t, file('access.log'), { format: 'nonsense' }), /no format is called nonsense/);
    const both = [];
    await assert.rejects(async () => {
      for await (const part of t.scan([new File([''], 'nothing'), file('auth.log')], { all: true })) both.push(...part.rows);
    }, /nothing: empty/);
    assert.ok(both.length > 1000, 'the other file was scanned');
  });
});

/** A log at several places of a file that is holes else; each place begins a line. */
async function sparse(name, size, places, log) {
  const handle = await open(n.path(name), 'w');
  await handle.truncate(size);
  for (const at of places) {
    if (at > 0) await handle.write(Buffer.from('\n'), 0, 1, at - 1);
    await handle.write(log, 0, log.length, at);
  }
  await handle.close();
}

// TIERCEL_GIGABYTES=20 makes the file as large. Holes are read as zeros, at the speed of the machine's memory.
test('a file larger than memory, most of it holes', async (c) => {
  const size = (Number(process.env.TIERCEL_GIGABYTES) || 1 / 8) * 2 ** 30;
  const lines = n.read('access.log').subarray(0, 200_000);
  const log = lines.subarray(0, lines.lastIndexOf(10) + 1);
  const places = [0, size - 2 ** 25, size - log.length];
  await sparse('sparse.log', size, places, log);
  const t = await Tiercel.load({ workers: 2, models: ['http'] });
  try {
    const began = performance.now();
    const rows = await rowsOf(t, n.path('sparse.log'), { all: true });
    c.diagnostic(`${(size / 2 ** 30).toFixed(2)} GiB in ${((performance.now() - began) / 1000).toFixed(1)} s, ${(await t.memory()).map((b) => (b / 2 ** 20).toFixed(1)).join(' and ')} MiB of linear memory`);
    const read = rows.filter((r) => !r.error);
    const each = read.length / places.length;
    assert.ok(each > 500);
    for (const [i, at] of places.entries()) {
      assert.deepEqual(read.slice(i * each, (i + 1) * each).map((r) => r.offset - at), read.slice(0, each).map((r) => r.offset));
    }
    // When a heap is collected varies; of the file it must hold next to nothing.
    for (const bytes of await t.memory()) assert.ok(bytes <= 32 * 2 ** 20, `${bytes} bytes of linear memory`);
  } finally {
    await t.close();
    n.write('sparse.log', '');
  }
});

// Node's blobs of files end there.
test('a file larger than 4 GiB is known and read beyond them', async () => {
  const [size, far] = [20 * 2 ** 30, 17 * 2 ** 30 + 7];
  const log = n.read('access.log').subarray(0, 300_000);
  const whole = log.subarray(0, log.lastIndexOf(10) + 1);
  await sparse('large.log', size, [0, far], whole);
  const t = await pool(2);
  const totals = new Set();
  let row;
  for await (const part of t.scan(n.path('large.log'), { all: true, onProgress: (p) => totals.add(p.total) })) {
    row = part.row(part.length - 1);
    break;
  }
  assert.deepEqual([...totals], [size]);
  const beyond = Object.create(row, { offset: { value: row.offset + far } });
  assert.equal((await t.explain(n.path('large.log'), beyond)).score, (await t.explain(n.path('large.log'), row)).score);
  n.write('large.log', '');
});

test('a hole longer than a line is what it is to the command line', async () => {
  const log = n.read('access.log').subarray(0, 100_000);
  const whole = log.subarray(0, log.lastIndexOf(10) + 1);
  n.write('hole.log', Buffer.concat([whole, Buffer.alloc(3 << 20), Buffer.from('\n'), whole]));
  const want = parse(n.scan(['hole.log'], '--output', 'ndjson', '--all'));
  assert.equal(want.at(-1).line, 2 * (whole.toString('latin1').split('\n').length - 1) + 1, 'the hole is one line');
  for (const workers of [1, 3]) {
    const t = await pool(workers);
    assert.deepEqual(plain(await rowsOf(t, file('hole.log'), { all: true })), want, `${workers} workers`);
    const streamed = await rowsOf(t, streamOf(n.read('hole.log'), 70_000), { all: true, name: 'hole.log' });
    assert.deepEqual(plain(streamed), want, `${workers} workers, a stream`);
  }
});

describe('reports', () => {
  test('export is what the command line writes', async () => {
    const t = await pool(3);
    for (const name of n.logs) {
      await rowsOf(t, file(name), { budget: '1%' });
      assert.equal(await (await t.export('ndjson')).text(), n.scan([name], '--output', 'ndjson', '--budget', '1%'), name);
      assert.equal(await (await t.export('csv')).text(), n.scan([name], '--output', 'csv', '--budget', '1%'), name);
      assert.deepEqual(JSON.parse(await (await t.export('json')).text()), parse(await (await t.export('ndjson')).text()));
    }
    await assert.rejects(t.export('xml'), /want csv, json, ndjson or html/);
  });

  test('the timeline counts every event and threat once', async () => {
    const t = await pool(3);
    const threats = await rowsOf(t, file('auth.log'), { budget: '1%' });
    const line = t.timeline();
    const [summary] = t.summary();
    const sum = (list) => list.reduce((a, b) => a + b, 0);
    assert.equal(sum(line.events) + line.untimed.events, summary.records - summary.unread);
    assert.equal(sum(line.threats) + line.untimed.threats, threats.length);
    for (const row of threats) {
      const bucket = Number((row.time - line.start) / line.width);
      assert.ok(line.threats[bucket] > 0);
    }
  });
});

describe('another budget', () => {
  test('gives what a scan with it gives, without reading again', async () => {
    const t = await pool(2);
    const state = async () => ({
      rows: plain([...t.threats()]), incidents: t.incidents(), timeline: t.timeline(), summary: t.summary(),
    });
    const inputs = () => [file('access.log'), file('auth.log')];
    const budgets = ['0.05%', '2/day', '5%', '40/day', '1%'];
    const want = [];
    for (const budget of budgets) {
      await rowsOf(t, inputs(), { budget });
      want.push(await state());
    }
    assert.ok(new Set(want.map((w) => w.rows.length)).size > 2, 'the budgets differ');
    for (const all of [false, true]) {
      const rows = await rowsOf(t, inputs(), { widest: '5%', all });
      assert.equal(rows.filter((r) => r.threat).length, [...t.threats()].length);
      for (const [i, budget] of budgets.entries()) {
        await t.setBudget(budget);
        assert.deepEqual(await state(), want[i], `${budget}, all: ${all}`);
        if (!all) assert.deepEqual(plain(rows.filter((r) => r.threat)), want[i].rows, 'the rows that were given change');
      }
      await assert.rejects(t.setBudget('6%'), /scan again/);
    }
  });

  test('goes down without `widest`, not up', async () => {
    const t = await pool(2);
    await rowsOf(t, file('auth.log'), { budget: '1%' });
    await t.setBudget('0.1%');
    const few = plain([...t.threats()]);
    assert.deepEqual(few, plain(parse(n.scan(['auth.log'], '--output', 'ndjson', '--budget', '0.1%'))));
    await t.setBudget(0.01);
    for (const budget of ['2%', '101%', 'much']) await assert.rejects(t.setBudget(budget), TiercelError, budget);
    assert.deepEqual(plain([...t.threats()]), plain(parse(n.scan(['auth.log'], '--output', 'ndjson', '--budget', '1%'))));
  });
});

describe('labels', () => {
  test('move scores, are taken back, kept and known to the command line', async () => {
    const { writeFileSync } = await import('node:fs');
    const t = await Tiercel.load({ workers: 2 });
    const input = file('access.log');
    const options = { budget: '0.5%', widest: '5%' };
    await rowsOf(t, input, options);
    const before = plain([...t.threats()]);
    const first = [...t.threats()];
    await t.label(first[0], 'benign');
    await t.label(first.at(-1), 'benign', { source: 'ann' });
    await t.label(first[first.length >> 1], 'threat', { source: 'ann' });
    assert.deepEqual((await t.labels()).map((l) => [l.kind, l.verdict, l.source]), [['http', 'benign', 'page'], ['http', 'benign', 'ann'], ['http', 'threat', 'ann']]);
    assert.deepEqual(plain([...t.threats()]), before, 'rows stay until they are scored again');
    await t.rescore();
    const after = plain([...t.threats()]);
    assert.notDeepEqual(after, before);
    const x = await t.explain(input, first[0]);
    assert.equal(x.score, first[0].score);
    assert.ok(x.adapted.labels === 3 && Math.abs(x.adapted.move) <= x.adapted.bound && x.adapted.bound === 1.5);
    const odds = (p) => Math.log(p / (1 - p));
    for (const row of before) {
      const now = after.find((r) => r.line === row.line);
      if (now) assert.ok(Math.abs(odds(now.score) - odds(row.score)) < 1.5 + 1e-6, `line ${row.line}`);
    }

    const saved = await t.saveAdaptation();
    writeFileSync(n.path('adapted.tiercel'), await t.saveModel('http'));
    const want = plain(parse(n.scan(['access.log'], '--model', 'adapted.tiercel', '--output', 'ndjson', '--budget', '0.5%')));
    assert.deepEqual(plain(await rowsOf(t, input, { budget: '0.5%' })), want, 'a later scan');
    const known = new Set(before.map((r) => r.line));
    assert.deepEqual(after.filter((r) => known.has(r.line)).map((r) => [r.line, r.score]), want.filter((r) => known.has(r.line)).map((r) => [r.line, r.score]), 'scored again as scanned again');

    for (let left = 2; left >= 0; left--) {
      assert.equal(await t.undo(), true);
      assert.equal((await t.labels()).length, left);
    }
    assert.equal(await t.undo(), false);
    assert.deepEqual(plain(await rowsOf(t, input, { budget: '0.5%' })), before, 'as if nothing had been said');

    await t.loadAdaptation(saved);
    assert.deepEqual(plain(await rowsOf(t, input, { budget: '0.5%' })), want, 'labels that were kept');
    await assert.rejects(t.loadAdaptation(saved.subarray(0, saved.length - 3)), TiercelError);
    await assert.rejects(t.loadAdaptation(new Uint8Array([9, 9, 9])), /cut short/);
    assert.equal((await t.labels()).length, 3, 'refused bytes change nothing');
    await assert.rejects(t.label(first[0], 'maybe'), /want threat or benign/);
    await t.close();
  });
});

describe('plugins', () => {
  test('score as in the host, bit for bit', async (c) => {
    const wasm = n.guest('guest.wasm');
    if (!wasm) return c.skip('no clang');
    n.run('plugin', 'pin', 'guest.wasm');
    const t = await Tiercel.load({ workers: 3, models: ['http', 'auth'] });
    const without = plain(await rowsOf(t, file('access.log'), { budget: '1%' }));
    const added = await t.addPlugin(wasm);
    assert.deepEqual([added.id, added.version, added.kinds], ['all-columns', '1.2.3', ['http']]);
    for (const flags of [['--all'], ['--budget', '1%'], ['--budget', '0.05%']]) {
      const want = parse(n.scan(['access.log'], '--plugin', 'all-columns', '--output', 'ndjson', ...flags));
      const got = plain(await rowsOf(t, file('access.log'), flags[0] === '--all' ? { all: true } : { budget: flags[1] }));
      assert.deepEqual(got, want, flags.join(' '));
      if (flags[1] === '1%') assert.notDeepEqual(got, without, 'the plugin has a say');
    }
    const input = file('access.log');
    const rows = await rowsOf(t, input, { budget: '1%' });
    assert.ok((await t.explain(input, rows[0])).learners.some((l) => l.id === 'all-columns'));
    assert.deepEqual(await t.faults(), []);
    await assert.rejects(t.addPlugin(wasm), /another learner/);
    await t.removePlugins();
    assert.deepEqual(plain(await rowsOf(t, input, { budget: '1%' })), without);
    await t.close();
  });

  test('that misbehave are stopped, and refused where they are none', async (c) => {
    const wasm = n.guest('endless.wasm', '-DENDLESS');
    if (!wasm) return c.skip('no clang');
    const t = await Tiercel.load({ workers: 2, models: ['http'] });
    await t.addPlugin(wasm);
    assert.ok((await rowsOf(t, file('access.log'), { all: true })).length > 1000);
    assert.deepEqual([...new Set((await t.faults()).map((f) => f.reason))], ['out of fuel']);
    await t.removePlugins();
    for (const bad of [new Uint8Array(10), wasm.subarray(0, wasm.length / 2), gunzipSync(readFileSync(new URL('../dist/tiercel.wasm.gz', import.meta.url)))]) {
      await assert.rejects(t.addPlugin(bad), TiercelError);
    }
    await assert.rejects(t.addPlugin(wasm, { config: 'something' }), /refuses its configuration/);
    await t.close();
  });
});

test('the HTML report holds what was found, as text, and loads nothing', async () => {
  const t = await pool(1);
  const payload = `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /?q=<script>alert(1)</script>'%20UNION%20SELECT%201-- HTTP/1.1" 200 5 "-" "<img src=x onerror=alert(1)>\u202e"\n`;
  await rowsOf(t, new Blob([payload]), { format: 'combined', budget: '5%', name: '<b>.log' });
  const html = await (await t.export('html')).text();
  assert.match(html, /&#60;b&#62;\.log:1/);
  assert.match(html, /UNION%20SELECT/);
  assert.doesNotMatch(html, /<(script|img|b|link|iframe)\b|\u202e|https?:/);
  assert.match(html, /default-src 'none'/);
});

test('models, formats and the engine from bytes and modules, plain and packed', async () => {
  const at = (path) => new Uint8Array(readFileSync(new URL(`../dist/${path}`, import.meta.url)));
  const [wasm, model] = [at('tiercel.wasm.gz'), at('models/dns.tiercel.gz')];
  const address = (path) => new URL(`../dist/${path}`, import.meta.url);
  for (const [what, options] of Object.entries({
    module: { wasm: await WebAssembly.compile(gunzipSync(wasm)), models: [model] },
    'plain bytes': { wasm: new Uint8Array(gunzipSync(wasm)), models: [new Uint8Array(gunzipSync(model)).buffer] },
    'packed bytes': { wasm, models: [model.buffer] },
    addresses: { wasm: address('tiercel.wasm.gz'), models: [address('models/dns.tiercel.gz').href], worker: address('worker.js') },
    responses: { wasm: new Response(wasm), models: [new Response(gunzipSync(model))] },
    'exports of the package': { wasm: import.meta.resolve('tiercel/tiercel.wasm'), models: [import.meta.resolve('tiercel/models/dns.tiercel')], worker: import.meta.resolve('tiercel/worker') },
  })) {
    const t = await Tiercel.load({ workers: 1, ...options });
    assert.deepEqual(t.models.map((m) => m.kind), ['dns'], what);
    assert.ok((await t.formats()).some((f) => f.name === 'combined'));
    if (what === 'module') {
      const rows = await rowsOf(t, file('auth.log'), { all: true });
      assert.ok(rows.every((r) => /no model/.test(r.error)));
    }
    await t.close();
    await assert.rejects(rowsOf(t, file('dns.log')), /closed/);
  }
  await assert.rejects(Tiercel.load({ workers: 1, models: [new Uint8Array(100)] }), TiercelError);
  await assert.rejects(Tiercel.load({ workers: 1, wasm: wasm.subarray(0, 100_000) }));
  await assert.rejects(Tiercel.load({ workers: 1, wasm: new Response('gone', { status: 404 }) }), /answered 404/);
  await assert.rejects(Tiercel.load({ workers: 1, worker: new URL('none.js', import.meta.url) }));
});

test('the package as it is installed is small', async () => {
  const { execFileSync } = await import('node:child_process');
  const [{ unpackedSize, files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: new URL('..', import.meta.url), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  assert.ok(files.length > 20);
  assert.ok(unpackedSize <= 3e6, `${unpackedSize} bytes`);
});

test('the manifest holds what is in the package', async () => {
  const { createHash } = await import('node:crypto');
  const manifest = JSON.parse(readFileSync(new URL('../dist/integrity.json', import.meta.url)));
  assert.ok(manifest['tiercel.wasm.gz'] && manifest['worker.js'] && manifest['models/http.tiercel.gz']);
  for (const [path, hash] of Object.entries(manifest)) {
    const bytes = readFileSync(new URL(`../dist/${path}`, import.meta.url));
    assert.equal('sha384-' + createHash('sha384').update(bytes).digest('base64'), hash, path);
  }
});
