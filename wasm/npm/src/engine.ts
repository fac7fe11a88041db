import { Guest } from './guest.js';

/** The module's exports: integers and memory only. See wasm/engine/exports.go. */
interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  input(n: number): number;
  output(): number;
  load(n: number): number;
  ready(): number;
  formats(): number;
  begin(n: number): number;
  file(name: number, format: number, year: number): number;
  detect(format: number, sample: number): number;
  newest(format: number, year: number, sample: number): number;
  follow(n: number): number;
  prepare(id: number, flags: number, offset: bigint, n: number): number;
  observe(n: number): number;
  finish(id: number, n: number): number;
  settle(n: number): number;
  judgeAgain(n: number): number;
  rejudge(file: number, n: number): number;
  words(): number;
  report(): number;
  explain(settings: number, format: number, year: number, head: number, record: number, context: number): number;
  label(settings: number, format: number, year: number, head: number, record: number, context: number, source: number, threat: number): number;
  rescore(settings: number, format: number, year: number, head: number, rows: number): number;
  inject(n: number): number;
  plug(guest: number, description: number, configured: number): number;
  unplug(): number;
  faults(): number;
  labels(): number;
  adaptation(): number;
  adapt(n: number): number;
  save(kind: number): number;
}

/** How the file of a record is read, and the header lines that rule it. */
export interface Ruled {
  settings: Uint8Array;
  format: string;
  year: number;
  head: Uint8Array;
}

/** A record that is asked about again: as it stands in the log, and the context columns that its row carried. */
export interface Question extends Ruled {
  record: Uint8Array;
  context: Uint8Array;
}

/** How a piece stands in its file; see wasm/engine/piece.go. */
export const FIRST = 1;
export const SEQUENCE = 2;
export const LAST = 4;

/** What cannot be answered: bad input, settings or a model, in words for people. */
export class EngineError extends Error {
  override name = 'TiercelError';
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

type Bytes = Uint8Array<ArrayBuffer>;

const NONE = new Uint8Array(0);

/** One instance of the module. Views of its memory are taken after each call: growing detaches them. */
export class Engine {
  private x!: Exports;
  private guests: Guest[] = [];

  private constructor() {}

  static async start(module: WebAssembly.Module): Promise<Engine> {
    const engine = new Engine();
    const memory = () => engine.x.memory;
    const score = (guest: number, frame: number, size: number, scores: number, n: number) =>
      engine.guests[guest]!.score(new Uint8Array(memory().buffer, frame, size), new Float32Array(memory().buffer, scores, n));
    const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi(module, memory), tiercel: { score } });
    engine.x = instance.exports as unknown as Exports;
    engine.x._initialize();
    return engine;
  }

  /** A plugin's module with fuel in it, ready to be compiled. */
  inject(plugin: Uint8Array): Bytes {
    return this.copy(this.x.inject(this.write([plugin])));
  }

  /** Starts a plugin, whose file has that SHA-256, and adds it to the learners. */
  plug(module: WebAssembly.Module, sum: Uint8Array, config: Uint8Array | null): unknown {
    const guest = new Guest(module, config);
    const description = guest.describe();
    const number = this.guests.push(guest) - 1;
    this.write([sum, description]);
    return this.json(this.x.plug(number, description.length, config ? 1 : 0));
  }

  /** Takes all plugins away. */
  unplug(): void {
    this.answer(this.x.unplug());
    this.guests = [];
  }

  faults(): unknown {
    return this.json(this.x.faults());
  }

  load(model: Uint8Array): void {
    this.answer(this.x.load(this.write([model])));
  }

  ready(): unknown {
    return this.json(this.x.ready());
  }

  formats(): unknown {
    return this.json(this.x.formats());
  }

  begin(settings: Uint8Array): void {
    this.answer(this.x.begin(this.write([settings])));
  }

  file(name: string, format: string, year: number): void {
    const parts = [utf8.encode(name), utf8.encode(format)] as const;
    this.write(parts);
    this.answer(this.x.file(parts[0].length, parts[1].length, year));
  }

  detect(format: string, sample: Uint8Array): unknown {
    const name = utf8.encode(format);
    this.write([name, sample]);
    return this.json(this.x.detect(name.length, sample.length));
  }

  newest(format: string, year: number, sample: Uint8Array): string | null {
    const name = utf8.encode(format);
    this.write([name, sample]);
    return this.json(this.x.newest(name.length, year, sample.length)) as string | null;
  }

  follow(head: Uint8Array): void {
    this.answer(this.x.follow(this.write([head])));
  }

  prepare(id: number, flags: number, offset: number, data: Uint8Array): Bytes {
    return this.copy(this.x.prepare(id, flags, BigInt(offset), this.write([data])));
  }

  observe(seen: Uint8Array): Bytes {
    return this.copy(this.x.observe(this.write([seen])));
  }

  finish(id: number, columns: Uint8Array): Bytes {
    return this.copy(this.x.finish(id, this.write([columns])));
  }

  settle(verdicts: Uint8Array): Bytes {
    return this.copy(this.x.settle(this.write([verdicts])));
  }

  judgeAgain(budget: string): void {
    this.answer(this.x.judgeAgain(this.write([utf8.encode(budget)])));
  }

  rejudge(file: number, rows: Uint8Array): Bytes {
    return this.copy(this.x.rejudge(file, this.write([rows])));
  }

  words(): unknown {
    return this.json(this.x.words());
  }

  report(): unknown {
    return this.json(this.x.report());
  }

  explain(q: Question): unknown {
    return this.json(this.x.explain(...this.ask(q)));
  }

  label(q: Question, threat: boolean, source: string): void {
    const name = utf8.encode(source);
    this.answer(this.x.label(...this.ask(q, name), name.length, threat ? 1 : 0));
  }

  /** rows: of each the lengths of record and context columns, u32, and their bytes. */
  rescore(q: Ruled, rows: Uint8Array): Bytes {
    const [settings, format, year, head] = this.ask({ ...q, record: NONE, context: NONE }, rows);
    return this.copy(this.x.rescore(settings, format, year, head, rows.length));
  }

  labels(): unknown {
    return this.json(this.x.labels());
  }

  adaptation(): Bytes {
    return this.copy(this.x.adaptation());
  }

  adapt(adaptation: Uint8Array): void {
    this.answer(this.x.adapt(this.write([adaptation])));
  }

  save(kind: string): Bytes {
    return this.copy(this.x.save(this.write([utf8.encode(kind)])));
  }

  /** Writes a question, and what goes behind it; the numbers are those that calls name it by. */
  private ask(q: Question, rest: Uint8Array = NONE): [number, number, number, number, number, number] {
    const name = utf8.encode(q.format);
    this.write([q.settings, name, q.head, q.record, q.context, rest]);
    return [q.settings.length, name.length, q.year, q.head.length, q.record.length, q.context.length];
  }

  /** The bytes of linear memory. */
  get memory(): number {
    return this.x.memory.buffer.byteLength;
  }

  private write(parts: readonly Uint8Array[]): number {
    const n = parts.reduce((sum, part) => sum + part.length, 0);
    let at = this.x.input(n) >>> 0;
    const memory = new Uint8Array(this.x.memory.buffer);
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
    return n;
  }

  /** The answer in place: valid until the next call. */
  private answer(n: number): Uint8Array {
    const length = n < 0 ? -1 - n : n;
    const bytes = new Uint8Array(this.x.memory.buffer, this.x.output() >>> 0, length);
    if (n < 0) throw new EngineError(text.decode(bytes));
    return bytes;
  }

  private copy(n: number): Bytes {
    return this.answer(n).slice() as Bytes;
  }

  private json(n: number): unknown {
    return JSON.parse(text.decode(this.answer(n)));
  }
}

/** Go collects when the heap has grown by a quarter, not when it has doubled: linear memory never shrinks. See RATIONALE.md of wasm. */
const ENVIRONMENT = utf8.encode('GOGC=25\0');

/**
 * The WASI calls that Go's run time makes. The engine reads no clock and
 * no file that matters: stubs answer success and nothing, the entropy seeds hash tables, and what Go
 * prints before it gives up goes to the console.
 */
function wasi(module: WebAssembly.Module, memory: () => WebAssembly.Memory): Record<string, (...a: number[]) => number> {
  const view = () => new DataView(memory().buffer);
  const zero = (...at: number[]) => (at.forEach((a) => view().setUint32(a, 0, true)), 0);
  const BADF = 8;
  const stubs: Record<string, (...a: number[]) => number> = {
    args_sizes_get: zero,
    environ_sizes_get: (count, size) => (view().setUint32(count!, 1, true), view().setUint32(size!, ENVIRONMENT.length, true), 0),
    environ_get: (list, at) => (view().setUint32(list!, at!, true), new Uint8Array(memory().buffer).set(ENVIRONMENT, at), 0),
    fd_fdstat_get: () => BADF,
    fd_prestat_get: () => BADF,
    clock_time_get: (_id, _precision, at) => (view().setBigUint64(at!, BigInt(Math.round(performance.now() * 1e6)), true), 0),
    random_get: (at, n) => (crypto.getRandomValues(new Uint8Array(memory().buffer, at, n)), 0),
    fd_write: (_fd, list, count, written) => {
      let out = '', n = 0;
      for (let i = 0; i < count!; i++, n += view().getUint32(list! + 8 * (i - 1) + 4, true)) {
        out += text.decode(new Uint8Array(memory().buffer, view().getUint32(list! + 8 * i, true), view().getUint32(list! + 8 * i + 4, true)));
      }
      console.error(out);
      return view().setUint32(written!, n, true), 0;
    },
    proc_exit: (code) => {
      throw new EngineError(`the engine gave up (${code})`);
    },
  };
  return Object.fromEntries(WebAssembly.Module.imports(module).map((i) => [i.name, stubs[i.name] ?? (() => 0)]));
}
