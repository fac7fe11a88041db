import { concat } from './cut.js';
import { EngineError } from './engine.js';
import { MIME, write, type ExportFormat } from './export.js';
import { Kept } from './kept.js';
import { open, readRecord, type Input } from './inputs.js';
import { DEFAULT_MODELS, bytesOf, compile, isKind, type LoadOptions } from './load.js';
import type { FromWorker } from './messages.js';
import { settingsOf, type ScanOptions } from './options.js';
import { page } from './page.js';
import { Pass } from './pass.js';
import { startPool, type Setup } from './pool.js';
import type { Explanation, FileSummary, Format, Incident, Model, Report, Timeline } from './report.js';
import type { Part, Row } from './rows.js';
import { Member } from './threads.js';

/** A pool of workers with the engine and its models. One scan runs at a time; further ones wait for it. */
export class Tiercel {
  /** The models that were loaded. */
  readonly models: readonly Model[];
  private scans = 0;
  private busy: Promise<void> = Promise.resolve();
  private kept = new Kept();
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
    const free = await this.turn();
    try {
      options.signal?.throwIfAborted();
      await this.heal();
      yield* this.run(Array.isArray(input) ? input : [input], options);
    } finally {
      this.hear = () => {};
      free();
    }
  }

  /** Waits for the pool to be free; the caller frees it. */
  private async turn(): Promise<() => void> {
    const before = this.busy;
    let free!: () => void;
    this.busy = new Promise((resolve) => (free = resolve));
    await before;
    return free;
  }

  /** Runs what needs the pool for itself, when those before have ended. */
  private async alone<T>(run: () => Promise<T>): Promise<T> {
    const free = await this.turn();
    try {
      await this.heal();
      return await run();
    } finally {
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
    const kept = (this.kept = new Kept());
    this.latest = null;
    const abort = () => pass.end(o.signal!.reason as Error);
    o.signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.all(this.pool.map((m) => m.ask({ do: 'begin', scan, settings })));
      void pass.feed(inputs, () => Member.start(this.setup.script, () => {}, (why) => pass.end(why)));
      for (let part; (part = await pass.next()); ) {
        kept.add(part, o.all ?? false);
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

  /** The threats of the latest scan under the budget in force, in the order of the log; at most a million are kept. */
  threats(): Iterable<Row> {
    const kept = this.kept;
    return { [Symbol.iterator]: () => kept.threats() };
  }

  /**
   * Judges the rows of the latest scan under another budget, without reading the
   * log again: `threat`, `class`, `severity` and `incident` of its rows (of a scan
   * with `all`: of those of `threats()`), the incidents, the timeline and the
   * export change. The budget may go down, and up to the scan's `widest`.
   */
  async setBudget(budget: string | number): Promise<void> {
    await this.alone(async () => {
      this.report();
      await this.judge(String(budget));
    });
  }

  private async judge(budget: string): Promise<void> {
    const kept = this.kept;
    if (kept.cut) throw new EngineError('too many rows were found to judge them again: scan again with a narrower budget');
    const first = this.first();
    await first.ask({ do: 'judge again', budget });
    for (const part of kept.parts) {
      part.rejudged(await first.ask<Uint8Array<ArrayBuffer>>({ do: 'rejudge', file: part.reading.index, rows: part.data }));
    }
    this.latest = await first.ask<Report>({ do: 'report' });
  }

  /**
   * The latest scan under the budget in force: its threats as the command line
   * writes them ('csv', 'json', 'ndjson'), or a report that stands alone ('html').
   */
  async export(format: ExportFormat): Promise<Blob> {
    if (!(format in MIME)) throw new EngineError(`export ${String(format)}: want csv, json, ndjson or html`);
    const text =
      format === 'html'
        ? page({ files: this.summary(), incidents: this.incidents(), timeline: this.timeline(), models: this.models, threats: this.threats() })
        : write(this.threats(), format);
    const chunks: string[] = [];
    let chunk = '';
    for (const line of text) {
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
