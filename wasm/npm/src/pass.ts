import { Cutter, PIECE, concat, type Head } from './cut.js';
import { EngineError, FIRST, LAST, SEQUENCE } from './engine.js';
import { nameOf, open, sizeOf, type Input, type Opened } from './inputs.js';
import type { FromWorker, Plan } from './messages.js';
import type { ScanOptions } from './options.js';
import { chunksOf, type FileNumber, type Ranged } from './ranged.js';
import { Part, type Reading } from './rows.js';
import { inNode, type Member } from './threads.js';

/** Pieces that a worker holds: one that it works on, one that waits for its columns. */
const DEPTH = 2;

/** Pieces a worker, on the average, that may be on their way: those that wait for the slowest before them. */
const AHEAD = 6;

/** Chunks of a file that are being read while one is cut. */
const READING = 3;

/** The worker that also orders; that a piece of it is finished is told with the rows. */
const ORDERER = 0;

/** One scan: hands pieces out, takes their rows in, in order. */
export class Pass {
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
    if (this.pieces.size > 0) for (const m of this.pool) m.tell({ do: 'stop', scan: this.scan });
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
    if (piece.worker === ORDERER) this.load[ORDERER]!--;
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

  private before = 0; // bytes of the files before this one
  private files = 0; // that the engine was told of

  async feed(inputs: Input[], inflater: () => Promise<Member>): Promise<void> {
    const sizes = await Promise.all(inputs.map(sizeOf));
    this.total = sizes.every((n) => n > 0) ? sizes.reduce((a, b) => a + b, 0) : 0;
    const problems: string[] = [];
    for (const [i, input] of inputs.entries()) {
      const name = nameOf(input, inputs.length === 1 ? this.o.name : undefined);
      try {
        await this.file(input, name, inflater);
      } catch (e) {
        if (this.ended) return;
        const text = e instanceof Error ? e.message : String(e);
        problems.push(`${name}: ${text}`); // the other files are still scanned
      }
      await this.until(() => this.pieces.size === 0);
      this.current?.close();
      this.before += sizes[i]!;
      this.done = this.before;
      if (this.ended) return;
    }
    this.end(problems.length ? new EngineError(problems.join('\n')) : null);
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
    const reading: Reading = { file: name, index: this.files++, settings: this.settings, format: plan.format, year, heads: [], learners: this.learners, words: this.words };
    for (const m of this.pool) m.tell({ do: 'file', scan: this.scan, name, format: plan.format, year });
    this.progress();
    if (plan.split === 'head') this.follow(reading, [{ offset: 0, line: file.sample.slice(0, plan.head) }]);
    const cut = plan.split === 'lines' || plan.split === 'head';
    if (file.ranged && file.source && !(file.source instanceof Blob) && cut) await this.ranges(file.ranged.size, file.source, reading);
    else if (file.ranged && file.source instanceof Blob && !inNode && this.pool.length > 1) await this.stream(chunksOf(this.shared(file.source), READING), plan, reading);
    else await this.stream(file.bytes(), plan, reading);
  }

  /** Workers read ranges of a file of Node themselves. */
  private async ranges(size: number, file: FileNumber, reading: Reading): Promise<void> {
    for (let from = 0; from < size; from += PIECE) {
      const to = Math.min(from + PIECE, size);
      const worker = await this.idle();
      if (worker < 0) return;
      this.pool[worker]!.tell({ do: 'range', scan: this.scan, piece: this.hand(worker, to - from, reading), file, from, to });
    }
  }

  /** A blob that the workers read for the page in turn: it costs a browser a third of what judging does, for one thread too much. */
  private shared(file: Blob): Ranged {
    let turn = 0;
    return { size: file.size, read: (from, to) => this.pool[turn++ % this.pool.length]!.ask({ do: 'read', file, from, to }) };
  }

  /** The page cuts a stream and hands its pieces out. */
  private async stream(chunks: AsyncGenerator<Uint8Array>, plan: Plan, reading: Reading): Promise<void> {
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
      for await (const chunk of chunks) {
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
