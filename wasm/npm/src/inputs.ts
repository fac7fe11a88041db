import { concat } from './cut.js';
import { EngineError } from './engine.js';
import { chunksOf, rangedOf, type FileNumber, type Ranged } from './ranged.js';
import { inNode, nodeImport, type Member } from './threads.js';

/** A file that Node has open (node:fs/promises); who opened it closes it. */
export interface OpenFile {
  readonly fd: number;
  stat(): Promise<{ size: number; mtimeMs: number; isFile(): boolean }>;
}

/** What can be scanned: a file or blob, a stream of bytes, a response, the bytes themselves; in Node a path, a file: URL or a FileHandle too. */
export type Input = Blob | ReadableStream<Uint8Array> | Response | Uint8Array | ArrayBuffer | string | URL | OpenFile;

/** How many bytes of a file the format is detected from. */
export const SAMPLE = 64 << 10;

/** How a file is packed, by its first bytes. */
export type Packing = '' | 'gzip' | 'zstd';

/** An input that was opened: a file that can be read anywhere, or a stream of inflated bytes. */
export interface Opened {
  name: string;
  packing: Packing;
  /** Bytes on disk, 0 when not known. */
  size: number;
  /** When the file was last written to, milliseconds. */
  modified: number;
  /** Plain text that can be read anywhere, and what a worker makes it of; null for a stream and for what is packed. */
  ranged: Ranged | null;
  source: Blob | FileNumber | null;
  sample: Uint8Array;
  /** The inflated bytes from the beginning on. */
  bytes(): AsyncGenerator<Uint8Array>;
  /** Bytes taken from the input so far. */
  consumed(): number;
  close(): void;
}

export function nameOf(input: Input, given?: string): string {
  if (given !== undefined) return given;
  if (typeof input === 'string') return lastOf(input);
  if (input instanceof URL) return lastOf(decodeURIComponent(input.pathname));
  const { name, url } = input as { name?: unknown; url?: unknown };
  if (typeof name === 'string' && name) return name;
  if (typeof url === 'string' && url) return lastOf(url);
  return 'log';
}

const lastOf = (path: string) => path.slice(path.lastIndexOf('/') + 1) || path;

/** Bytes of an input as it stands, packed or not; 0 when not known. */
export async function sizeOf(input: Input): Promise<number> {
  if (input instanceof Blob) return input.size;
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) return input.byteLength;
  if (isOpenFile(input)) return (await input.stat()).size;
  if (!inNode || !(typeof input === 'string' || input instanceof URL)) return 0;
  const { stat } = await nodeImport<typeof import('node:fs/promises')>('node:fs/promises');
  return stat(input).then((s) => s.size, () => 0); // opening it will say what is wrong
}

function isOpenFile(input: unknown): input is OpenFile {
  const { fd, stat } = input as Partial<OpenFile>;
  return typeof fd === 'number' && typeof stat === 'function';
}

/** Where an input's bytes are, when they can be read anywhere; null for streams. */
async function fileOf(input: Input): Promise<{ source: Blob | FileNumber; modified: number; close(): void } | null> {
  if (input instanceof Uint8Array) input = new Blob([input as Uint8Array<ArrayBuffer>]);
  if (input instanceof ArrayBuffer) input = new Blob([input]);
  if (input instanceof Blob) return { source: input, modified: (input as File).lastModified ?? Date.now(), close() {} };
  let file = input as OpenFile;
  let close = () => {};
  if (inNode && (typeof input === 'string' || input instanceof URL)) {
    const { open } = await nodeImport<typeof import('node:fs/promises')>('node:fs/promises');
    const own = await open(input);
    let closed = false;
    close = () => {
      if (!closed) own.close().catch(() => {});
      closed = true;
    };
    file = own;
  }
  if (!isOpenFile(file)) return null;
  const stat = await file.stat();
  if (stat.isFile()) return { source: { fd: file.fd, size: stat.size }, modified: Math.floor(stat.mtimeMs), close };
  close();
  throw new EngineError('is no regular file: give a stream of it');
}

/** @param inflater starts the worker that inflates zstd. */
export async function open(input: Input, name: string, inflater: () => Promise<Member>): Promise<Opened> {
  const file = await fileOf(input);
  const ranged = file && rangedOf(file.source);
  let taken = 0;
  let chunks: AsyncGenerator<Uint8Array>;
  let close = file?.close ?? (() => {});
  if (ranged) {
    chunks = chunksOf(ranged);
  } else {
    if (input instanceof Response && !input.ok) throw new EngineError(`the server answered ${input.status}`);
    const stream = input instanceof Response ? input.body : (input as ReadableStream<Uint8Array>);
    if (!stream || typeof stream.getReader !== 'function') throw new EngineError('cannot be read: want a File, Blob, ReadableStream, Response or bytes');
    const reader = stream.getReader();
    chunks = chunksOfReader(reader);
    close = () => void reader.cancel().catch(() => {});
  }
  const held: Uint8Array[] = []; // taken to look at, not yet given
  const more = async (): Promise<Uint8Array | null> => {
    const { done, value } = await chunks.next();
    if (done) return null;
    taken += value.length;
    return value;
  };
  for (let got = 0; got < 4; ) {
    const chunk = await more();
    if (!chunk) break;
    if (chunk.length > 0) held.push(chunk);
    got += chunk.length;
  }
  const packing = packingOf(join(held, 4));
  async function* raw(): AsyncGenerator<Uint8Array> {
    yield* held.splice(0);
    for (let chunk; (chunk = await more()); ) yield chunk;
  }
  let inflated: AsyncGenerator<Uint8Array> = raw();
  if (packing === 'gzip') inflated = gunzip(inflated);
  if (packing === 'zstd') inflated = unzstd(inflated, await inflater());
  const first: Uint8Array[] = [];
  let length = 0;
  let broken: unknown;
  try {
    while (length < SAMPLE) {
      const { done, value } = await inflated.next();
      if (done) break;
      first.push(value);
      length += value.length;
    }
  } catch (e) {
    if (length === 0) throw e;
    broken = e; // told when the reader comes there
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* first.splice(0);
    if (broken) throw broken;
    yield* inflated;
  }
  const plain = packing === '' ? file : null;
  return {
    name, packing, size: ranged?.size ?? 0, modified: file?.modified ?? Date.now(), sample: join(first, SAMPLE),
    ranged: plain && ranged, source: plain?.source ?? null, bytes, consumed: () => taken, close,
  };
}

async function* chunksOfReader(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function packingOf(magic: Uint8Array): Packing {
  const [a, b, c, d] = magic;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  return '';
}

async function* gunzip(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflate = new DecompressionStream('gzip');
  const writer = inflate.writable.getWriter();
  const feed = (async () => {
    for await (const chunk of source) await writer.write(chunk as Uint8Array<ArrayBuffer>);
    await writer.close();
  })();
  feed.catch(() => {}); // the reader meets it too
  const reader = inflate.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (e) {
    throw new EngineError(`damaged or truncated gzip (${e instanceof Error ? e.message : e}); what stands before that was read`);
  } finally {
    void reader.cancel().catch(() => {});
    void writer.abort().catch(() => {});
  }
}

/** Packed bytes sent to the inflater at a time: a block of four bytes may become 128 KiB. */
const MORSEL = 4 << 10;

async function* unzstd(source: AsyncGenerator<Uint8Array>, worker: Member): AsyncGenerator<Uint8Array> {
  let first = true;
  let open = true; // fzstd says nothing of a frame that does not end
  const ask = async (data: Uint8Array, last: boolean) => {
    try {
      return await worker.ask<Uint8Array[]>({ do: 'inflate', data: data.slice() as Uint8Array<ArrayBuffer>, last, first });
    } catch (e) {
      throw new EngineError(`damaged or truncated zstd (${e instanceof Error ? e.message : e}); what stands before that was read`);
    } finally {
      first = false;
    }
  };
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += MORSEL) yield* await ask(chunk.subarray(at, at + MORSEL), false);
    }
    if (open) yield* await ask(new Uint8Array(0), true);
  } finally {
    open = false;
    worker.stop(new EngineError('the scan was given up'));
  }
}

/** The first bytes of the chunks, at most so many. */
function join(chunks: readonly Uint8Array[], most: number): Uint8Array {
  return concat(chunks).slice(0, most);
}

/** The bytes of one record, wherever it stands. */
export async function readRecord(o: Opened, offset: number, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let at = 0;
  try {
    if (o.ranged) return await o.ranged.read(offset, offset + length);
    for await (const chunk of o.bytes()) {
      if (at + chunk.length > offset) parts.push(chunk.subarray(Math.max(offset - at, 0), offset + length - at));
      at += chunk.length;
      if (at >= offset + length) break;
    }
  } finally {
    o.close();
  }
  return join(parts, length);
}
