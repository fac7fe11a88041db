import { Decompress } from 'fzstd';
import { RANGE, readRange } from './cut.js';
import { Engine, EngineError, FIRST } from './engine.js';
import type { FromOrderer, FromWorker, ToOrderer, ToWorker, Word } from './messages.js';
import { rangedOf } from './ranged.js';

/** The other end: the page, or the main thread of Node. */
interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((e: MessageEvent) => void) | null;
}

type Bytes = Uint8Array<ArrayBuffer>;

const inNode = typeof process !== 'undefined' && !!process.versions?.node;
const nodeThreads = 'node:worker_threads';
const page = (inNode ? ((await import(/* webpackIgnore: true */ /* @vite-ignore */ nodeThreads)) as typeof import('node:worker_threads')).parentPort! : globalThis) as unknown as Port;

let engine: Engine;
let scan = -1;
let me = 0; // its place in the pool

const toPage = (message: FromWorker, transfer: Transferable[] = []) => page.postMessage(message, transfer);

/** Runs a step of a scan; what goes wrong ends the scan. */
function step(of: number, run: () => void): void {
  if (of !== scan) return; // of a scan that was given up
  try {
    run();
  } catch (e) {
    toPage({ is: 'broken', scan: of, message: e instanceof EngineError ? e.message : `the engine failed: ${e instanceof Error ? e.message : e}` });
    scan = -1;
  }
}

// Scoring: pieces are prepared, wait for their columns, and are finished.

let toOrderer: (message: ToOrderer) => void;

function prepare(of: number, piece: number, flags: number, offset: number, data: Uint8Array): void {
  step(of, () => toOrderer({ is: 'seen', scan: of, piece, data: engine.prepare(piece, flags, offset, data) }));
}

function finish(m: FromOrderer): void {
  step(m.scan, () => {
    toOrderer({ is: 'verdicts', scan: m.scan, piece: m.piece, data: engine.finish(m.piece, m.data) });
    if (!orderer) toPage({ is: 'finished', scan: m.scan, worker: me }); // the orderer's own: with their rows
  });
}

/** What must happen in the order of messages though reading is asynchronous. */
let turn: Promise<void> = Promise.resolve();

/** Memory that was read into and is free: new memory costs more than filling it. */
const spare: Bytes[] = [];

function range(m: ToWorker & { do: 'range' }): void {
  const into = spare.pop() ?? new Uint8Array(RANGE);
  const reading = readRange(rangedOf(m.file), m.from, m.to, into); // begins at once, beside what is computed
  reading.catch(() => {});
  turn = turn.then(async () => {
    try {
      const { offset, data } = await reading;
      prepare(m.scan, m.piece, m.from === 0 ? FIRST : 0, offset, data);
      spare.push(into);
    } catch (e) {
      step(m.scan, () => {
        throw new EngineError(`cannot be read: ${e instanceof Error ? e.message : e}`);
      });
    }
  });
}

// Ordering: what workers tell is taken in the order of pieces.

class Orderer {
  private readonly waiting = { seen: new Map<number, () => void>(), verdicts: new Map<number, () => void>() };
  private readonly next = { seen: 0, verdicts: 0 };
  private known = 0;

  reset(): void {
    for (const is of ['seen', 'verdicts'] as const) {
      this.waiting[is].clear();
      this.next[is] = 0;
    }
    this.known = 0;
  }

  hear(m: ToOrderer, answer: (m: FromOrderer) => void): void {
    if (m.scan !== scan) return;
    this.waiting[m.is].set(m.piece, () => (m.is === 'seen' ? this.observe(m, answer) : this.settle(m)));
    for (let run; (run = this.waiting[m.is].get(this.next[m.is])); ) {
      this.waiting[m.is].delete(this.next[m.is]++);
      step(m.scan, run);
    }
  }

  private observe(m: ToOrderer, answer: (m: FromOrderer) => void): void {
    answer({ is: 'columns', scan: m.scan, piece: m.piece, data: engine.observe(m.data) });
  }

  private settle(m: ToOrderer): void {
    const data = engine.settle(m.data);
    let words: Word[] | null = null;
    if (new Uint32Array(data.buffer, 0, 1)[0]! > 0) {
      const all = engine.words() as Word[];
      if (all.length > this.known) words = all;
      this.known = all.length;
    }
    toPage({ is: 'rows', scan: m.scan, piece: m.piece, data, words }, [data.buffer]);
  }
}

let orderer: Orderer | null = null;

async function start(m: ToWorker & { do: 'start' }): Promise<unknown> {
  me = m.worker;
  engine = await Engine.start(m.module);
  for (const model of m.models) engine.load(model);
  if (m.orderer) {
    const port = m.orderer as unknown as Port;
    toOrderer = (message) => port.postMessage(message, [message.data.buffer]);
    port.onmessage = (e) => finish(e.data as FromOrderer);
  } else {
    const own = (orderer = new Orderer());
    // by way of the queue, so that a piece does not run inside another
    toOrderer = (message) => queueMicrotask(() => own.hear(message, (columns) => queueMicrotask(() => finish(columns))));
    for (const other of m.workers as unknown as Port[]) {
      other.onmessage = (e) => own.hear(e.data as ToOrderer, (columns) => other.postMessage(columns, [columns.data.buffer]));
    }
  }
  return engine.ready();
}

// zstd is inflated in a worker of its own.

let inflater: Decompress | null = null;

/** RFC 8878, section 3.1.1.1.2, asks of every decoder 8 MiB; a frame may ask for 2 GiB. */
const MAX_WINDOW = 8 << 20;

function inflate(m: ToWorker & { do: 'inflate' }): Bytes[] {
  const out: Bytes[] = [];
  if (m.first) {
    if (windowOf(m.data) > MAX_WINDOW) throw new EngineError('zstd with a window above 8 MiB (--ultra or --long) is not inflated; unpack it first');
    inflater = new Decompress();
  }
  inflater!.ondata = (chunk) => out.push(chunk.slice());
  inflater!.push(m.data, m.last);
  return out;
}

/** The window that a frame asks for; 0 where it is a single segment, whose size is bounded by the frame's blocks. */
function windowOf(frame: Uint8Array): number {
  if (frame.length < 6 || (frame[4]! & 0x20) !== 0) return 0;
  return 2 ** (10 + (frame[5]! >> 3)) * (1 + (frame[5]! & 7) / 8);
}

/** Bytes are sent without a copy of them. */
const transfer = (value: unknown): Transferable[] => (value instanceof Uint8Array && value.byteLength === value.buffer.byteLength ? [value.buffer as ArrayBuffer] : []);

async function answer(id: number, run: () => unknown): Promise<void> {
  try {
    const value = await run();
    toPage({ is: 'answer', id, value }, transfer(value));
  } catch (e) {
    toPage({ is: 'failed', id, message: e instanceof Error ? e.message : String(e) });
  }
}

function hear(m: ToWorker): void {
  switch (m.do) {
    case 'start':
      return void answer(m.id, () => start(m));
    case 'begin':
      return void answer(m.id, () => {
        scan = m.scan;
        turn = Promise.resolve();
        orderer?.reset();
        engine.begin(m.settings);
      });
    case 'detect':
      return void answer(m.id, () => engine.detect(m.format, m.sample));
    case 'newest':
      return void answer(m.id, () => engine.newest(m.format, m.year, m.sample));
    case 'file':
      return step(m.scan, () => engine.file(m.name, m.format, m.year));
    case 'follow':
      return step(m.scan, () => engine.follow(m.head));
    case 'piece':
      return prepare(m.scan, m.piece, m.flags, m.offset, m.data);
    case 'range':
      return range(m);
    case 'stop':
      if (m.scan === scan) scan = -1; // what is left of it is not worked on
      return;
    case 'read':
      return void answer(m.id, () => rangedOf(m.file).read(m.from, m.to));
    case 'inflate':
      return void answer(m.id, () => inflate(m));
    case 'explain':
      return void answer(m.id, () => engine.explain(m.question));
    case 'label':
      return void answer(m.id, () => engine.label(m.question, m.threat, m.source));
    case 'rescore':
      return void answer(m.id, () => engine.rescore(m.ruled, m.rows));
    case 'inject':
      return void answer(m.id, () => engine.inject(m.plugin));
    case 'plug':
      return void answer(m.id, () => engine.plug(m.module, m.sum, m.config));
    case 'unplug':
      return void answer(m.id, () => engine.unplug());
    case 'faults':
      return void answer(m.id, () => engine.faults());
    case 'labels':
      return void answer(m.id, () => engine.labels());
    case 'adaptation':
      return void answer(m.id, () => engine.adaptation());
    case 'adapt':
      return void answer(m.id, () => engine.adapt(m.adaptation));
    case 'save':
      return void answer(m.id, () => engine.save(m.kind));
    case 'judge again':
      return void answer(m.id, () => engine.judgeAgain(m.budget));
    case 'rejudge':
      return void answer(m.id, () => engine.rejudge(m.file, m.rows));
    case 'formats':
      return void answer(m.id, () => engine.formats());
    case 'report':
      return void answer(m.id, () => engine.report());
    case 'words':
      return void answer(m.id, () => engine.words());
    case 'memory':
      return void answer(m.id, () => engine.memory);
  }
}

if (inNode) (page as unknown as { on(event: 'message', f: (m: ToWorker) => void): void }).on('message', hear);
else page.onmessage = (e) => hear(e.data as ToWorker);
