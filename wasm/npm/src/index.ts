/**
 * Threat detection in logs, in the page or in Node. No byte leaves the machine.
 *
 * ```ts
 * const t = await Tiercel.load({ models: ['http'] });
 * for await (const part of t.scan(file)) for (const row of part.rows) console.log(row.line, row.class, row.score);
 * await t.close();
 * ```
 */
import { Cutter, PIECE, readRange, type Head } from './cut.js';
import { EngineError, FIRST, LAST, SEQUENCE } from './engine.js';
import { MIME, write, type ExportFormat } from './export.js';
import { nameOf, open, readRecord, type Input, type Opened } from './inputs.js';
import type { FromWorker, Plan } from './messages.js';
import { Part, Row, type Kind, type Reading, type RowData, type Severity } from './rows.js';
import { inNode, Member, nodeImport, type WorkerSource } from './threads.js';

export { Part, Row, isoTime } from './rows.js';
export type { Kind, RowData, Severity } from './rows.js';
export type { Input } from './inputs.js';
export type { ExportFormat } from './export.js';
export { EngineError as TiercelError } from './engine.js';

/** A file of the package or of the page: where it is, or its bytes. */
export type Source = string | URL | Response | ArrayBuffer | Uint8Array;

export interface LoadOptions {
  /** Model files, or names of the default models (http, flow, dns, auth). Default: all four. */
  models?: (Kind | Source)[];
  /** How many workers score; default the cores there are, at most 8. Verdicts do not depend on it. */
  workers?: number;
  /** The engine; default tiercel.wasm beside this module. */
  wasm?: Source | WebAssembly.Module;
  /** The worker's script; default worker.js beside this module. It must be of the page's own origin. */
  worker?: WorkerSource;
  /** Subresource integrity of the wasm file (see integrity.json), where it is fetched. */
  integrity?: string;
}

export interface ScanOptions {
  /** Format of the logs; default: detected from their content. See Tiercel.formats. */
  format?: string;
  /** Kind of the events, for formats that hold several. */
  kind?: Exclude<Kind, 'none' | 'table'>;
  /** False alarms allowed: "20/day", "0.1%", 0.001. Default 0.1 %. */
  budget?: string | number;
  /** Every record is a row, not only threats. */
  all?: boolean;
  /** Judge events from that time on; those before still count as what was seen. */
  since?: Date | bigint;
  /** Judge events before that time. */
  until?: Date | bigint;
  /** Fields of JSON lines and CSV and the ECS names that they stand for: { client: 'source.ip' }. */
  map?: Record<string, string>;
  /** Name of a single input that has none of its own. */
  name?: string;
  /** When the log was written, for time stamps without a year; default the file's own date. */
  modified?: Date;
  signal?: AbortSignal;
  onProgress?: (p: Progress) => void;
}

export interface Progress {
  file: string;
  /** The format that was taken for the file and why, in words. */
  format: string;
  why: string;
  /** Bytes of all inputs that were judged, and of all there are (0: not known). */
  done: number;
  total: number;
  threats: number;
  /** Bytes a second since the scan began, and seconds left (NaN: not known). */
  rate: number;
  left: number;
}

export interface Timeline {
  /** Nanoseconds since 1970 UTC of the first bucket. */
  start: bigint;
  /** Nanoseconds of a bucket. */
  width: bigint;
  events: number[];
  threats: number[];
  untimed: { events: number; threats: number };
}

export interface Incident {
  id: number;
  kind: Kind;
  entity: string;
  class: string;
  technique: string[];
  severity: Severity;
  first: bigint | null;
  last: bigint | null;
  count: number;
  score: number;
  falseAlarmRate: number;
  file: string;
  /** Line of the worst record, and its beginning. */
  line: number;
  sample: string;
}

export interface FileSummary {
  file: string;
  lines: number;
  records: number;
  unread: number;
  threats: number;
  reasons: { reason: string; records: number; firstLine: number }[];
}

export interface Model {
  kind: Kind;
  name: string;
  learners: string[];
  quality: { set: string; metric: string; value: number }[];
  limits: string[];
}

export interface Format {
  name: string;
  title: string;
  example: string;
}

/** The whole way of one record from bytes to verdict. */
export interface Explanation {
  error?: string;
  kind: Kind;
  score: number;
  falseAlarmRate: number;
  fields: { name: string; value: string }[];
  /** Decoded texts; marks are the ranges [from, to) of decoded that learners found suspicious. */
  values: { origin: string; name: string | null; raw: string; decoded: string; levels: number; marks: [number, number][] }[];
  features: { name: string; value: number; context: boolean }[];
  learners: { id: string; class: string | null; missing: boolean; raw: number | null; p: number; tail: number; reasons: { text: string; weight: number }[] }[];
  /** weights are of the learners, in their order; beta is the meta-learner's own in the super-learner. */
  metas: { name: string; score: number; beta: number; weights: number[] }[];
}

const DEFAULT_MODELS: Kind[] = ['http', 'flow', 'dns', 'auth'];

/** Threats that are kept for export; beyond it they are only given to the loop that scans. */
const MAX_KEPT = 1_000_000;

const utf8 = new TextEncoder();

/** A pool of workers with the engine and its models. One scan runs at a time; further ones wait for it. */
export class Tiercel {
  /** The models that were loaded. */
  readonly models: readonly Model[];
  private scans = 0;
  private busy: Promise<void> = Promise.resolve();
  private kept: { parts: Part[]; rows: RowData[]; count: number; cut: boolean } = { parts: [], rows: [], count: 0, cut: false };
  private latest: Report | null = null;
  private hear: (m: FromWorker) => void = () => {};
  private broken: Error | null = null;
  private closed = false;

  private constructor(
    private pool: Member[],
    private readonly setup: Setup,
    ready: { models: Model[] },
  ) {
    this.models = ready.models;
  }

  /** Loads the engine and its models and starts the workers. */
  static async load(options: LoadOptions = {}): Promise<Tiercel> {
    const [module, models] = await Promise.all([
      compile(options.wasm ?? new URL('./tiercel.wasm', import.meta.url), options.integrity),
      Promise.all((options.models ?? DEFAULT_MODELS).map((m) => bytesOf(isKind(m) ? new URL(`./models/${m}.tiercel`, import.meta.url) : m))),
    ]);
    const workers = Math.max(1, Math.min(options.workers ?? Math.min(navigator.hardwareConcurrency || 4, 8), 64));
    const setup: Setup = { module, models, workers, script: options.worker ?? new URL('./worker.js', import.meta.url) };
    let t: Tiercel | null = null;
    const { pool, ready } = await startPool(setup, (m) => t?.hear(m), (why) => t?.fail(why));
    return (t = new Tiercel(pool, setup, ready));
  }

  /** The formats that can be read, with an example line each. */
  formats(): Promise<Format[]> {
    return this.first().ask<Format[]>({ do: 'formats' });
  }

  /** Bytes of linear memory that each worker holds. */
  memory(): Promise<number[]> {
    return Promise.all(this.pool.map((m) => m.ask<number>({ do: 'memory' })));
  }

  /**
   * Scans one log, or several as one pass in which sources are remembered from
   * file to file. Parts come in the order of the records; they are not made
   * faster than they are taken. Leaving the loop or aborting the signal ends the
   * scan. What cannot be read throws a TiercelError after the rows before it.
   */
  async *scan(input: Input | Input[], options: ScanOptions = {}): AsyncGenerator<Part, void, undefined> {
    const before = this.busy;
    let free!: () => void;
    this.busy = new Promise((resolve) => (free = resolve));
    try {
      await before;
      options.signal?.throwIfAborted();
      await this.heal();
      yield* this.run(Array.isArray(input) ? input : [input], options);
    } finally {
      this.hear = () => {};
      free();
    }
  }

  private async *run(inputs: Input[], o: ScanOptions): AsyncGenerator<Part, void, undefined> {
    const scan = ++this.scans;
    const settings = settingsOf(o);
    const pass = new Pass(this.pool, scan, o, this.learners(), settings);
    this.hear = (m) => pass.hear(m);
    this.fail = (why) => {
      this.broken ??= why;
      pass.end(why);
    };
    this.kept = { parts: [], rows: [], count: 0, cut: false };
    this.latest = null;
    const abort = () => pass.end(o.signal!.reason as Error);
    o.signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.all(this.pool.map((m) => m.ask({ do: 'begin', scan, settings })));
      void pass.feed(inputs, () => Member.start(this.setup.script, () => {}, (why) => pass.end(why)));
      for (let part; (part = await pass.next()); ) {
        this.keep(part, o.all ?? false);
        yield part;
        o.signal?.throwIfAborted();
      }
    } finally {
      o.signal?.removeEventListener('abort', abort);
      pass.end(null);
      if (!this.broken && !this.closed) this.latest = await this.first().ask<Report>({ do: 'report' }).catch(() => null);
    }
  }

  private fail: (why: Error) => void = (why) => {
    this.broken ??= why;
  };

  /** Starts the workers anew after one broke. */
  private async heal(): Promise<void> {
    if (this.closed) throw new EngineError('closed');
    if (!this.broken) return;
    for (const m of this.pool) m.stop(this.broken);
    const { pool } = await startPool(this.setup, (m) => this.hear(m), (why) => this.fail(why));
    this.pool = pool;
    this.broken = null;
  }

  private keep(part: Part, all: boolean): void {
    const kept = this.kept;
    if (kept.cut) return;
    if (kept.count + part.length > MAX_KEPT && !all) {
      kept.cut = true;
      return;
    }
    if (!all) {
      kept.parts.push(part);
      kept.count += part.length;
      return;
    }
    for (const row of part.rows) {
      if (!row.threat) continue;
      if (++kept.count > MAX_KEPT) return void (kept.cut = true);
      kept.rows.push(row.toJSON());
    }
  }

  /**
   * Explains a row. A threat's record came with the row; that of another row,
   * and one longer than 16 KiB, is read again from the input, which must not be
   * a stream then.
   */
  async explain(input: Input | null, row: Row): Promise<Explanation> {
    const { part, index } = row;
    const r = part.reading;
    let record = part.bytes(index, 1);
    if (record.length < row.length) {
      if (!input || input instanceof ReadableStream || input instanceof Response) {
        throw new EngineError('explain: a stream can be read only once; give the File or Blob that was scanned');
      }
      const opened = await open(input, r.file, () => Member.start(this.setup.script, () => {}, () => {}));
      record = await readRecord(opened, row.offset, row.length);
    }
    const head = concat(r.heads.filter((h) => h.offset < row.offset).map((h) => h.line));
    return this.first().ask<Explanation>({
      do: 'explain', settings: r.settings, format: r.format, year: r.year, head, record: record.slice(), context: part.bytes(index, 2).slice(),
    });
  }

  /** Events and threats of the latest scan by time. */
  timeline(): Timeline {
    const t = this.report().timeline;
    return { ...t, start: BigInt(t.start), width: BigInt(t.width) };
  }

  /** Incidents of the latest scan, worst first. */
  incidents(): Incident[] {
    const time = (t: string | null) => (t === null ? null : BigInt(t));
    return this.report().incidents.map((i) => ({ ...i, first: time(i.first), last: time(i.last) }));
  }

  /** What became of the records of each file of the latest scan. */
  summary(): FileSummary[] {
    return this.report().files;
  }

  private report(): Report {
    if (!this.latest) throw new EngineError('no scan has ended yet');
    return this.latest;
  }

  /** The threats of the latest scan, as the command line writes them. */
  async export(format: ExportFormat): Promise<Blob> {
    if (!(format in MIME)) throw new EngineError(`export ${String(format)}: want csv, json or ndjson`);
    const { parts, rows } = this.kept;
    const data = function* (): Generator<RowData> {
      for (const part of parts) for (const row of part.rows) yield row.toJSON();
      yield* rows;
    };
    const chunks: string[] = [];
    let chunk = '';
    for (const line of write(data(), format)) {
      if ((chunk += line).length > 1 << 16) {
        chunks.push(chunk);
        chunk = '';
        await Promise.resolve();
      }
    }
    return new Blob([...chunks, chunk], { type: MIME[format] });
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    this.closed = true;
    for (const m of this.pool) m.stop(new EngineError('closed'));
  }

  private learners(): Record<string, string[]> {
    return Object.fromEntries(this.models.map((m) => [m.kind, m.learners]));
  }

  private first(): Member {
    return this.pool[0]!;
  }
}

interface Report {
  files: FileSummary[];
  incidents: (Omit<Incident, 'first' | 'last'> & { first: string | null; last: string | null })[];
  timeline: Omit<Timeline, 'start' | 'width'> & { start: string; width: string };
}

/** What workers are started with. */
interface Setup {
  module: WebAssembly.Module;
  models: Uint8Array[];
  workers: number;
  script: WorkerSource;
}

async function startPool(s: Setup, hear: (m: FromWorker) => void, failed: (why: Error) => void): Promise<{ pool: Member[]; ready: { models: Model[] } }> {
  const pool = await Promise.all(Array.from({ length: s.workers }, () => Member.start(s.script, hear, failed)));
  const channels = pool.slice(1).map(() => new MessageChannel());
  const ports = channels.map((c) => c.port1);
  try {
    const [ready] = await Promise.all(
      pool.map((m, i) =>
        i === 0
          ? m.ask<{ models: Model[] }>({ do: 'start', worker: i, module: s.module, models: s.models, orderer: null, workers: ports }, ports)
          : m.ask<{ models: Model[] }>({ do: 'start', worker: i, module: s.module, models: s.models, orderer: channels[i - 1]!.port2, workers: [] }, [channels[i - 1]!.port2]),
      ),
    );
    return { pool, ready: ready! };
  } catch (e) {
    for (const m of pool) m.stop(e as Error);
    throw e;
  }
}

/** Pieces that a worker holds: one that it works on, one that waits for its columns. */
const DEPTH = 2;

/** Pieces a worker, on the average, that may be on their way: those that wait for the slowest before them. */
const AHEAD = 6;

/** One scan: hands pieces out, takes their rows in, in order. */
class Pass {
  private readonly load: number[];
  private readonly pieces = new Map<number, { worker: number; bytes: number; reading: Reading }>();
  private readonly ready: Part[] = [];
  private next_ = 0;
  private ended = false;
  private why: Error | null = null;
  private wake: (() => void)[] = [];
  private done = 0;
  private total = 0;
  private threats = 0;
  private readonly began = performance.now();
  private current: Opened | null = null;
  private plan: Plan | null = null;

  constructor(
    private readonly pool: Member[],
    private readonly scan: number,
    private readonly o: ScanOptions,
    private readonly learners: Record<string, string[]>,
    private readonly settings: Uint8Array,
  ) {
    this.load = pool.map(() => 0);
  }

  /** The next part that has rows; null at the end. */
  async next(): Promise<Part | null> {
    for (;;) {
      const part = this.ready.shift();
      if (part) {
        this.stir();
        return part;
      }
      if (this.ended) {
        if (this.why) throw this.why;
        return null;
      }
      await this.change();
    }
  }

  end(why: Error | null): void {
    if (this.ended) return;
    this.ended = true;
    this.why = why;
    if (!why || this.o.signal?.aborted) this.ready.length = 0;
    this.current?.close();
    this.stir();
  }

  hear(m: FromWorker): void {
    if (this.ended || !('scan' in m) || m.scan !== this.scan) return;
    if (m.is === 'broken') return this.end(new EngineError(this.named(m.message)));
    if (m.is === 'finished') {
      this.load[m.worker]!--;
      return this.stir();
    }
    if (m.is !== 'rows') return;
    const piece = this.pieces.get(m.piece)!;
    this.pieces.delete(m.piece);
    if (m.words) this.words.splice(0, Infinity, ...m.words);
    const part = new Part(m.data, piece.reading);
    this.done += piece.bytes;
    if (part.length > 0) {
      this.ready.push(part);
      for (let i = 0; i < part.length; i++) if (part.threat(i)) this.threats++;
    }
    this.progress();
    this.stir();
  }

  private readonly words: Reading['words'] = [];

  private progress(): void {
    if (!this.o.onProgress || !this.plan || !this.current) return;
    // of a packed file the bytes that were taken are known, not those that were judged
    const done = this.current.packing ? this.before + this.current.consumed() : this.done;
    const seconds = (performance.now() - this.began) / 1000;
    const rate = done / Math.max(seconds, 1e-3);
    const left = this.total > 0 ? Math.max(this.total - done, 0) / rate : NaN;
    this.o.onProgress({ file: this.current.name, format: this.plan.format, why: this.plan.why, done, total: this.total, threats: this.threats, rate, left });
  }

  private before = 0;

  async feed(inputs: Input[], inflater: () => Promise<Member>): Promise<void> {
    const sizes = inputs.map((i) => (i instanceof Blob ? i.size : i instanceof Uint8Array || i instanceof ArrayBuffer ? i.byteLength : 0));
    this.total = sizes.every((n) => n > 0) ? sizes.reduce((a, b) => a + b, 0) : 0;
    let problem: Error | null = null;
    for (const [i, input] of inputs.entries()) {
      const name = nameOf(input, inputs.length === 1 ? this.o.name : undefined);
      try {
        await this.file(input, name, inflater);
      } catch (e) {
        if (this.ended) return;
        const text = e instanceof Error ? e.message : String(e);
        problem ??= new EngineError(`${name}: ${text}`); // the other files are still scanned
      }
      await this.until(() => this.pieces.size === 0);
      this.current?.close();
      this.before += sizes[i]!;
      this.done = this.before;
      if (this.ended) return;
    }
    this.end(problem);
  }

  private async file(input: Input, name: string, inflater: () => Promise<Member>): Promise<void> {
    const file = await open(input, name, inflater);
    if (this.ended) return file.close();
    this.current = file;
    const first = this.pool[0]!;
    this.plan = await first.ask<Plan>({ do: 'detect', format: this.o.format ?? '', sample: file.sample });
    const plan = this.plan;
    const year = await this.year(file, plan.format);
    if (this.ended) return;
    const reading: Reading = { file: name, settings: this.settings, format: plan.format, year, heads: [], learners: this.learners, words: this.words };
    for (const m of this.pool) m.tell({ do: 'file', scan: this.scan, name, format: plan.format, year });
    this.progress();
    if (plan.split === 'head') this.follow(reading, [{ offset: 0, line: file.sample.slice(0, plan.head) }]);
    if (file.blob && (plan.split === 'lines' || plan.split === 'head')) await this.ranges(file.blob, reading);
    else await this.stream(file, plan, reading);
  }

  /**
   * Workers read ranges of a blob themselves; in Node, where a blob of a file
   * cannot be read by another thread than the one that opened it, this one does.
   */
  private async ranges(blob: Blob, reading: Reading): Promise<void> {
    this.current!.close(); // only its beginning was read as a stream
    for (let from = 0; from < blob.size; from += PIECE) {
      const to = Math.min(from + PIECE, blob.size);
      const worker = await this.idle();
      if (worker < 0) return;
      const piece = this.hand(worker, to - from, reading);
      if (!inNode) {
        this.pool[worker]!.tell({ do: 'range', scan: this.scan, piece, blob, from, to });
        continue;
      }
      readRange(blob, from, to).then(
        ({ offset, data }) => {
          const own = data.slice();
          this.pool[worker]!.tell({ do: 'piece', scan: this.scan, piece, flags: from === 0 ? FIRST : 0, offset, data: own }, [own.buffer]);
        },
        (e: Error) => this.end(new EngineError(this.named(`cannot be read: ${e.message}`))),
      );
    }
  }

  /** The page cuts a stream and hands its pieces out. */
  private async stream(file: Opened, plan: Plan, reading: Reading): Promise<void> {
    const cutter = new Cutter(plan.split !== 'none', plan.split === 'marked');
    const sequence = plan.split === 'none' ? SEQUENCE : 0;
    const own = this.pool.length - 1; // of a sequence all pieces go to one worker
    let flags = FIRST | sequence;
    const give = async (offset: number, data: Uint8Array<ArrayBuffer>, more: number): Promise<boolean> => {
      const worker = await this.idle(sequence ? own : undefined);
      if (worker < 0) return false;
      const piece = this.hand(worker, data.length, reading);
      this.pool[worker]!.tell({ do: 'piece', scan: this.scan, piece, flags: flags | more, offset, data }, [data.buffer]);
      flags = sequence;
      return true;
    };
    let failed: unknown;
    let at = 0;
    try {
      for await (const chunk of file.bytes()) {
        for (const cut of cutter.push(chunk)) {
          if (!(await give(cut.offset, cut.data, 0))) return;
          this.follow(reading, cut.heads);
        }
        at += chunk.length;
      }
    } catch (e) {
      failed = e; // what stands before that is judged
    }
    for (const cut of cutter.end()) if (!(await give(cut.offset, cut.data, 0))) return;
    if (sequence && !(await give(at, new Uint8Array(0), LAST))) return;
    if (failed) throw failed;
  }

  /** Tells all workers of header lines: they rule what is behind them. */
  private follow(reading: Reading, heads: Head[]): void {
    if (heads.length === 0) return;
    for (const h of heads) reading.heads.push(h);
    const head = concat(heads.map((h) => h.line));
    for (const m of this.pool) m.tell({ do: 'follow', scan: this.scan, head });
  }

  private hand(worker: number, bytes: number, reading: Reading): number {
    const piece = this.next_++;
    this.pieces.set(piece, { worker, bytes, reading });
    this.load[worker]!++;
    return piece;
  }

  /** A worker that can take a piece, once the rows before it are taken; -1 when the scan has ended. */
  private async idle(own?: number): Promise<number> {
    let found = -1;
    await this.until(() => {
      if (this.ready.length > 2 * this.pool.length || this.pieces.size >= AHEAD * this.pool.length) return false;
      // of two that are as busy the one that does not also order
      found = own ?? this.load.reduce((best, n, i) => (n <= this.load[best]! ? i : best), 0);
      return this.load[found]! < DEPTH;
    });
    return this.ended ? -1 : found;
  }

  /**
   * The year of stamps that have none: that in which the file was last written
   * to, or the one before where its first records would lie in the future of that.
   */
  private async year(file: Opened, format: string): Promise<number> {
    const written = this.o.modified?.getTime() ?? file.modified;
    const year = new Date(written).getUTCFullYear();
    const newest = await this.pool[0]!.ask<string | null>({ do: 'newest', format, year, sample: file.sample });
    const day = 24n * 3_600_000_000_000n; // what time zones and clocks may differ by
    return newest !== null && BigInt(newest) > BigInt(written) * 1_000_000n + day ? year - 1 : year;
  }

  private named(message: string): string {
    return this.current ? `${this.current.name}: ${message}` : message;
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!this.ended && !holds()) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  private stir(): void {
    for (const resolve of this.wake.splice(0)) resolve();
  }
}

/** The settings of a scan as the engine reads them: see wasm/engine/settings.go. */
function settingsOf(o: ScanOptions): Uint8Array {
  const pairs: [string, string][] = [];
  if (o.budget !== undefined) pairs.push(['budget', String(o.budget)]);
  if (o.kind) pairs.push(['kind', o.kind]);
  const ns = (t: Date | bigint) => String(typeof t === 'bigint' ? t : BigInt(t.getTime()) * 1_000_000n);
  if (o.since !== undefined) pairs.push(['since', ns(o.since)]);
  if (o.until !== undefined) pairs.push(['until', ns(o.until)]);
  for (const [theirs, ours] of Object.entries(o.map ?? {})) pairs.push(['map', `${theirs}=${ours}`]);
  if (o.all) pairs.push(['all', '1']);
  for (const pair of pairs) if (pair.some((text) => text.includes('\0'))) throw new EngineError(`${pair[0]}: a NUL is no part of a name`);
  return utf8.encode(pairs.map(([name, value]) => `${name}\0${value}\0`).join(''));
}

function isKind(m: Kind | Source): m is Kind {
  return typeof m === 'string' && (DEFAULT_MODELS as string[]).includes(m);
}

async function bytesOf(s: Source, integrity?: string): Promise<Uint8Array> {
  if (s instanceof Uint8Array) return s;
  if (s instanceof ArrayBuffer) return new Uint8Array(s);
  const response = s instanceof Response ? s : await get(s, integrity);
  if (!(response instanceof Response)) return response;
  if (!response.ok) throw new EngineError(`${response.url}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function get(where: string | URL, integrity?: string): Promise<Response | Uint8Array> {
  const url = new URL(where, typeof location === 'undefined' ? import.meta.url : location.href);
  if (url.protocol === 'file:' && typeof process !== 'undefined' && process.versions?.node) {
    const { readFile } = await nodeImport<typeof import('node:fs/promises')>('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  return fetch(url, integrity ? { integrity } : {});
}

async function compile(s: Source | WebAssembly.Module, integrity?: string): Promise<WebAssembly.Module> {
  if (s instanceof WebAssembly.Module) return s;
  const response = s instanceof Response ? s : typeof s === 'string' || s instanceof URL ? await get(s, integrity) : s;
  if (response instanceof Response) {
    if (!response.ok) throw new EngineError(`${response.url}: the server answered ${response.status}`);
    if (response.headers.get('content-type')?.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
    return WebAssembly.compile(await response.arrayBuffer());
  }
  return WebAssembly.compile(response as Uint8Array<ArrayBuffer>);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
