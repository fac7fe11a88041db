import { PIECE } from './cut.js';
import { nodeImport } from './threads.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of Node that is open: a FileHandle, or what can be sent of one. Every thread of a process can read it. */
export interface FileNumber {
  readonly fd: number;
  readonly size: number;
}

/** Bytes that can be read anywhere, from [0, size). */
export interface Ranged {
  readonly size: number;
  /** The bytes in [from, to); an error where there are not as many. They may be put into memory that is given for it. */
  read(from: number, to: number, into?: Bytes): Promise<Bytes>;
}

const shorter = () => new Error('the file has become shorter');

/** What a blob holds. A stream of it would be faster, but in Chromium a page that leaves streams before their end stands still now and then. */
function ofBlob(blob: Blob): Ranged {
  const read = async (from: number, to: number): Promise<Bytes> => {
    const data = new Uint8Array(await blob.slice(from, to).arrayBuffer());
    if (data.length < to - from) throw shorter();
    return data;
  };
  return { size: blob.size, read };
}

/** A file of Node by its number. Blobs of files there hold no size beyond 32 bits, and only one thread can read them. */
function ofFile({ fd, size }: FileNumber): Ranged {
  const read = async (from: number, to: number, into?: Bytes): Promise<Bytes> => {
    const fs = await nodeImport<typeof import('node:fs')>('node:fs');
    const data = into && into.length >= to - from ? into.subarray(0, to - from) : new Uint8Array(to - from);
    for (let got = 0; got < data.length; ) {
      const n = await new Promise<number>((resolve, reject) => fs.read(fd, data, got, data.length - got, from + got, (e, n) => (e ? reject(e) : resolve(n))));
      if (n === 0) throw shorter();
      got += n;
    }
    return data;
  };
  return { size, read };
}

export function rangedOf(source: Blob | FileNumber): Ranged {
  return source instanceof Blob ? ofBlob(source) : ofFile(source);
}

/**
 * Bytes that are read at a time, pieces without a rest: reading a file by pieces costs a
 * browser twice to three times as much.
 */
const CHUNK = 8 * PIECE;

/** All bytes, from the beginning on; so many chunks are read while one is worked on. */
export async function* chunksOf(r: Ranged, ahead = 1): AsyncGenerator<Bytes> {
  const reading: Promise<Bytes>[] = [];
  for (let at = 0; at < r.size || reading.length > 0; ) {
    for (; at < r.size && reading.length <= ahead; at += CHUNK) {
      const chunk = r.read(at, Math.min(at + CHUNK, r.size));
      chunk.catch(() => {}); // met when it is its turn
      reading.push(chunk);
    }
    yield await reading.shift()!;
  }
}
