import { concat } from './cut.js';
import { EngineError, type Question } from './engine.js';
import { MIME, write, type ExportFormat } from './export.js';
import { Kept } from './kept.js';
import { open, readRecord, type Input } from './inputs.js';
import { DEFAULT_MODELS, bytesOf, compile, isKind, type LoadOptions, type Source } from './load.js';
import type { FromWorker } from './messages.js';
import { DEFAULT_BUDGET, settingsOf, type ScanOptions } from './options.js';
import { page } from './page.js';
import { Pass } from './pass.js';
import { startPool, type Setup } from './pool.js';
import type { Explanation, Fault, FileSummary, Format, Incident, Label, Model, Plugin, Report, Timeline } from './report.js';
import type { Kind, Part, Row } from './rows.js';
import { Member } from './threads.js';

/** A plugin as workers are given it. */
interface Plugged {
  module: WebAssembly.Module;
  sum: Uint8Array;
  config: Uint8Array | null;
}

/** Adaptations that can be had back. */
const MAX_HISTORY = 100;

/** A pool of workers with the engine and its models. One scan runs at a time; further ones wait for it. */
export class Tiercel {
  /** The models that were loaded. */
  readonly models: readonly Model[];
  private scans = 0;
  private busy: Promise<void> = Promise.resolve();
  private kept = new Kept();
  private latest: Report | null = null;
  private budget = DEFAULT_BUDGET; // that the kept rows were judged by
  private adaptation: Uint8Array | null = null; // null: what the models came with
  private readonly history: Uint8Array[] = []; // adaptations before those in force
  private readonly plugged: Plugged[] = [];
  private learnt: Promise<void> = Promise.resolve();
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
    const workers = Math.max(1, Math.min(options.workers ?? Math.min(globalThis.navigator?.hardwareConcurrency || 4, 8), 64));
    const setup: Setup = {
      module: compile(options.wasm ?? new URL('./tiercel.wasm.gz', import.meta.url), options.integrity),
      models: Promise.all((options.models ?? DEFAULT_MODELS).map((m) => bytesOf(isKind(m) ? new URL(`./models/${m}.tiercel.gz`, import.meta.url) : m))),
      workers,
      script: options.worker ?? new URL('./worker.js', import.meta.url),
    };
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
   * scan. What cannot be read throws a TiercelError at the end: a line of its
   * message for each such file.
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
    this.budget = String(o.budget ?? DEFAULT_BUDGET);
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
    for (const p of this.plugged) await this.plug(p);
    if (this.adaptation) await this.adapt(this.adaptation);
  }

  /**
   * Explains a row. A threat's record came with the row; that of another row,
   * and one longer than 16 KiB, is read again from the input, which must not be
   * a stream then.
   */
  async explain(input: Input | null, row: Row): Promise<Explanation> {
    return this.first().ask<Explanation>({ do: 'explain', question: await this.question(input, row) });
  }

  private async question(input: Input | null, row: Row): Promise<Question> {
    const { part, index } = row;
    const r = part.reading;
    let record = part.bytes(index, 1);
    if (record.length < row.length) {
      if (!input || input instanceof ReadableStream || input instanceof Response) {
        throw new EngineError('the record did not come with its row, and a stream can be read only once: give the File or Blob that was scanned');
      }
      const opened = await open(input, r.file, () => Member.start(this.setup.script, () => {}, () => {}));
      record = await readRecord(opened, row.offset, row.length);
    }
    return { settings: r.settings, format: r.format, year: r.year, head: part.headOf(index), record: record.slice(), context: part.bytes(index, 2).slice() };
  }

  /**
   * Says what a record is. Scores of later scans, and of rows that `rescore`
   * scores again, move by at most half a unit of log-odds for each label, and by
   * at most 5 for all labels of one source. Resolves when all workers know.
   */
  async label(row: Row, verdict: Label['verdict'], by: { source?: string; input?: Input } = {}): Promise<void> {
    if (verdict !== 'threat' && verdict !== 'benign') throw new EngineError(`label ${String(verdict)}: want threat or benign`);
    const question = await this.question(by.input ?? null, row);
    await this.learn(async () => {
      await this.first().ask({ do: 'label', question, threat: verdict === 'threat', source: by.source ?? 'page' });
      return this.first().ask<Uint8Array>({ do: 'adaptation' });
    });
  }

  /** Takes the latest label, or the latest loading of labels, back. False where there is none to take back; the latest hundred are known. */
  async undo(): Promise<boolean> {
    let undone = false;
    await this.learning(async () => {
      const before = this.history.pop();
      if (!before) return;
      undone = true;
      await this.adapt(before);
    });
    return undone;
  }

  /** The labels in force, oldest first in each kind. */
  labels(): Promise<Label[]> {
    return this.first().ask<Label[]>({ do: 'labels' });
  }

  /** The labels in force as bytes: numbers of the labelled records, no text of them. To be kept like the log. */
  saveAdaptation(): Promise<Uint8Array> {
    return this.first().ask<Uint8Array>({ do: 'adaptation' });
  }

  /** Puts labels that were saved in the place of those in force. They must be of the same models. */
  async loadAdaptation(adaptation: Uint8Array | ArrayBuffer): Promise<void> {
    const own = new Uint8Array(adaptation).slice();
    await this.learn(async () => own);
  }

  /** The model of a kind with the labels in force in it: a file for `load`, and for the command line's --model. */
  saveModel(kind: Kind): Promise<Uint8Array> {
    return this.first().ask<Uint8Array>({ do: 'save', kind });
  }

  /** Makes what learning gives the adaptation of all workers; that before can be had back. */
  private learn(learning: () => Promise<Uint8Array>): Promise<void> {
    return this.learning(async () => {
      const before = this.adaptation ?? (await this.saveAdaptation());
      try {
        await this.adapt(await learning());
      } catch (e) {
        await this.adapt(before); // nobody knows a part of it
        throw e;
      }
      if (this.history.push(before) > MAX_HISTORY) this.history.shift();
    });
  }

  private async adapt(adaptation: Uint8Array): Promise<void> {
    await Promise.all(this.pool.map((m) => m.ask({ do: 'adapt', adaptation })));
    this.adaptation = adaptation;
  }

  /** One change of labels at a time. */
  private learning(change: () => Promise<void>): Promise<void> {
    const done = this.learnt.then(change);
    this.learnt = done.catch(() => {});
    return done;
  }

  /**
   * Adds a plugin's learner (plugins/abi/ABI.md) to later scans: a .wasm that the
   * host loads too. It runs in the workers under a fuel limit, sees the columns
   * and texts that it declares, and its scores are bit for bit those of the host;
   * what it may add to a score is bounded. config is what it asks of its user.
   */
  async addPlugin(plugin: Source, options: { config?: string | Uint8Array } = {}): Promise<Plugin> {
    const bytes = await bytesOf(plugin);
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
    const config = typeof options.config === 'string' ? new TextEncoder().encode(options.config) : (options.config ?? null);
    return this.alone(async () => {
      const module = await WebAssembly.compile(await this.first().ask<Uint8Array<ArrayBuffer>>({ do: 'inject', plugin: bytes }));
      try {
        const added = await this.plug({ module, sum, config });
        this.plugged.push({ module, sum, config });
        return added;
      } catch (e) {
        await Promise.all(this.pool.map((m) => m.ask({ do: 'unplug' }))); // no worker has more than another
        for (const p of this.plugged) await this.plug(p);
        throw e;
      }
    });
  }

  private async plug(p: Plugged): Promise<Plugin> {
    const [added] = await Promise.all(this.pool.map((m) => m.ask<Plugin>({ do: 'plug', ...p })));
    return added!;
  }

  /** Takes all plugins away from later scans. */
  async removePlugins(): Promise<void> {
    await this.alone(async () => {
      this.plugged.length = 0;
      await Promise.all(this.pool.map((m) => m.ask({ do: 'unplug' })));
    });
  }

  /** What plugins did wrong since they were added, over all workers. */
  async faults(): Promise<Fault[]> {
    const sum = new Map<string, Fault>();
    for (const f of (await Promise.all(this.pool.map((m) => m.ask<Fault[]>({ do: 'faults' })))).flat()) {
      const key = [f.plugin, f.kind, f.reason].join();
      sum.set(key, { ...f, times: f.times + (sum.get(key)?.times ?? 0) });
    }
    return [...sum.values()];
  }

  /**
   * Scores the rows of the latest scan by the labels in force, and judges them
   * again, without reading the log: their `score`, `falseAlarmRate` and all that
   * `setBudget` changes. Records that were no rows stay so, and those longer than
   * 16 KiB keep their score: scan again for them.
   */
  async rescore(): Promise<void> {
    await this.alone(async () => {
      this.report();
      await this.judge(this.budget, (part, rows, answer) => part.rescored(rows, answer));
    });
  }

  /** Has the workers score the kept rows from their records, with certificates for a budget. */
  private async anew(budget: string, take: (part: Part, rows: number[], answer: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    const work = this.kept.scorings();
    const inForce = settingsOf({ budget });
    await Promise.all(
      this.pool.map(async (m) => {
        for (const { part, head, rows, message } of work) {
          const { format, year } = part.reading;
          const settings = concat([part.reading.settings, inForce]); // the last word counts
          take(part, rows, await m.ask<Uint8Array<ArrayBuffer>>({ do: 'rescore', ruled: { settings, format, year, head }, rows: message }));
        }
      }),
    );
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
      this.budget = String(budget);
    });
  }

  private async judge(budget: string, take = (part: Part, rows: number[], answer: Uint8Array<ArrayBuffer>) => part.proved(rows, answer)): Promise<void> {
    const kept = this.kept;
    if (kept.cut) throw new EngineError('too many rows were found to judge them again: scan again with a narrower budget');
    const first = this.first();
    await first.ask({ do: 'judge again', budget });
    for (const part of kept.parts) part.unproved();
    await this.anew(budget, take);
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
