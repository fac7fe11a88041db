import { EngineError } from './engine.js';
import type { Member } from './threads.js';

/** What can be scanned: a file or blob, a stream of bytes, a response, or the bytes themselves. */
export type Input = Blob | ReadableStream<Uint8Array> | Response | Uint8Array | ArrayBuffer;

/** How many bytes of a file the format is detected from. */
export const SAMPLE = 64 << 10;

/** How a file is packed, by its first bytes. */
export type Packing = '' | 'gzip' | 'zstd';

/** An input that was opened: either a blob that can be read anywhere, or a stream of inflated bytes. */
export interface Opened {
  name: string;
  packing: Packing;
  /** Bytes on disk, 0 when not known. */
  size: number;
  /** When the file was last written to, milliseconds. */
  modified: number;
  /** Plain text that can be read anywhere; null for a stream. */
  blob: Blob | null;
  sample: Uint8Array;
  /** The inflated bytes from the beginning on. */
  bytes(): AsyncGenerator<Uint8Array>;
  /** Bytes taken from the input so far. */
  consumed(): number;
  close(): void;
}

export function nameOf(input: Input, given?: string): string {
  if (given !== undefined) return given;
  const { name, url } = input as { name?: unknown; url?: unknown };
  if (typeof name === 'string' && name) return name;
  if (typeof url === 'string' && url) return url.slice(url.lastIndexOf('/') + 1) || url;
  return 'log';
}

/** @param inflater starts the worker that inflates zstd. */
export async function open(input: Input, name: string, inflater: () => Promise<Member>): Promise<Opened> {
  if (input instanceof Uint8Array) input = new Blob([input as Uint8Array<ArrayBuffer>]);
  if (input instanceof ArrayBuffer) input = new Blob([input]);
  const blob = input instanceof Blob ? input : null;
  const modified = (blob as File | null)?.lastModified ?? Date.now();
  let taken = 0;
  if (!blob && input instanceof Response && !input.ok) throw new EngineError(`the server answered ${input.status}`);
  const stream = blob ? blob.stream() : input instanceof Response ? input.body : (input as ReadableStream<Uint8Array>);
  if (!stream || typeof stream.getReader !== 'function') throw new EngineError('cannot be read: want a File, Blob, ReadableStream, Response or bytes');
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  const more = async (): Promise<Uint8Array | null> => {
    const { done, value } = await reader.read();
    if (done) return null;
    taken += value.length;
    return value;
  };
  let got = 0;
  while (got < 4) {
    const chunk = await more();
    if (!chunk) break;
    if (chunk.length > 0) chunks.push(chunk);
    got += chunk.length;
  }
  const magic = join(chunks, 4);
  const packing = packingOf(magic);
  async function* raw(): AsyncGenerator<Uint8Array> {
    yield* chunks.splice(0);
    for (let chunk; (chunk = await more()); ) yield chunk;
  }
  let inflated: AsyncGenerator<Uint8Array> = raw();
  if (packing === 'gzip') inflated = gunzip(inflated);
  if (packing === 'zstd') inflated = unzstd(inflated, await inflater());
  const first: Uint8Array[] = [];
  let held = 0;
  let broken: unknown;
  try {
    while (held < SAMPLE) {
      const { done, value } = await inflated.next();
      if (done) break;
      first.push(value);
      held += value.length;
    }
  } catch (e) {
    if (held === 0) throw e;
    broken = e; // told when the reader comes there
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* first.splice(0);
    if (broken) throw broken;
    yield* inflated;
  }
  const close = () => void reader.cancel().catch(() => {});
  const whole = blob && packing === '' ? blob : null;
  const sample = join(first, SAMPLE);
  return { name, packing, size: blob?.size ?? 0, modified, blob: whole, sample, bytes, consumed: () => taken, close };
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

function join(chunks: readonly Uint8Array[], most: number): Uint8Array {
  const n = Math.min(most, chunks.reduce((sum, c) => sum + c.length, 0));
  const all = new Uint8Array(n);
  let at = 0;
  for (const c of chunks) {
    if (at >= n) break;
    const part = c.subarray(0, n - at);
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The bytes of one record, wherever it stands. */
export async function readRecord(o: Opened, offset: number, length: number): Promise<Uint8Array> {
  if (o.blob) return new Uint8Array(await o.blob.slice(offset, offset + length).arrayBuffer());
  const parts: Uint8Array[] = [];
  let at = 0;
  try {
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
