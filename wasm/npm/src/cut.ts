import type { Ranged } from './ranged.js';

/** Text in a piece: a batch of the engine, less what its last line may add. */
export const PIECE = 120 << 10;

/** The longest record that is read; see core/event's DefaultMaxLine. Of longer lines one byte more is kept, so that the engine reports them. */
export const MAX_LINE = 1 << 20;

const NEWLINE = 10;
const HASH = 35;

type Bytes = Uint8Array<ArrayBuffer>;

export interface Cut {
  offset: number;
  data: Bytes;
  /** Lines of the piece that begin with #, where those may rule what follows. */
  heads: Head[];
}

/** A line that may rule those behind it, and where it stands in the file. */
export interface Head {
  offset: number;
  line: Uint8Array;
}

/** Cuts a stream into pieces of whole lines. Of a line longer than MAX_LINE it keeps the beginning. */
export class Cutter {
  private buffer = new Uint8Array(2 * PIECE);
  private used = 0;
  private offset = 0;
  private dropping = false;

  /** marked: lines that begin with # are to be told; lines: pieces end at line ends. */
  constructor(
    private readonly lines: boolean,
    private readonly marked: boolean,
  ) {}

  *push(chunk: Uint8Array): Generator<Cut> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PIECE);
      at += part.length;
      yield* this.take(part);
    }
  }

  *end(): Generator<Cut> {
    if (this.used > 0) yield this.cut(this.used);
  }

  private *take(part: Uint8Array): Generator<Cut> {
    if (this.dropping) {
      const n = part.indexOf(NEWLINE) + 1;
      this.offset += n || part.length;
      if (n === 0) return;
      this.dropping = false;
      part = part.subarray(n);
    }
    this.append(part);
    if (this.used < PIECE) return;
    if (!this.lines) {
      yield this.cut(this.used);
      return;
    }
    const n = this.buffer.subarray(0, this.used).lastIndexOf(NEWLINE) + 1;
    if (n > 0) yield this.cut(n);
    if (this.used > MAX_LINE + 1) {
      const more = this.used - (MAX_LINE + 1);
      yield this.cut(MAX_LINE + 1);
      this.used = 0;
      this.offset += more;
      this.dropping = true;
    }
  }

  private append(part: Uint8Array): void {
    const n = this.used + part.length;
    if (n > this.buffer.length) {
      const more = new Uint8Array(Math.max(n, 2 * this.buffer.length));
      more.set(this.buffer.subarray(0, this.used));
      this.buffer = more;
    }
    this.buffer.set(part, this.used);
    this.used = n;
  }

  private cut(n: number): Cut {
    const data = this.buffer.slice(0, n);
    const cut = { offset: this.offset, data, heads: this.marked ? markedLines(data, this.offset) : [] };
    this.buffer.copyWithin(0, n, this.used);
    this.used -= n;
    this.offset += n;
    return cut;
  }
}

/** The lines that begin with #. */
function markedLines(data: Bytes, offset: number): Head[] {
  const heads: Head[] = [];
  for (let i = data.indexOf(HASH); i >= 0; ) {
    if (i > 0 && data[i - 1] !== NEWLINE) {
      i = data.indexOf(HASH, i + 1);
      continue;
    }
    const end = data.indexOf(NEWLINE, i) + 1 || data.length;
    heads.push({ offset: offset + i, line: data.slice(i, end) });
    i = data.indexOf(HASH, end);
  }
  return heads;
}

/**
 * The lines whose first byte is in [from, to) of a file, and the offset of the
 * first. What the last of them has beyond `to` is read too, up to MAX_LINE.
 *
 * @param into memory of RANGE bytes that may be used.
 */
export async function readRange(file: Ranged, from: number, to: number, into?: Bytes): Promise<{ offset: number; data: Bytes }> {
  const start = from > 0 ? from - 1 : 0; // the byte before tells whether a line begins at from
  let end = Math.min(file.size, to + OVER);
  let data = await file.read(start, end, into);
  let first = 0;
  if (from > 0) {
    const n = data.indexOf(NEWLINE);
    if (n < 0 || start + n + 1 >= to) return { offset: to, data: data.subarray(0, 0) };
    first = n + 1;
  }
  const lastByte = to - 1 - start; // the line that holds it ends the range
  let newline = data.indexOf(NEWLINE, lastByte);
  const begins = Math.max(data.lastIndexOf(NEWLINE, lastByte - 1) + 1, first);
  while (newline < 0 && end < file.size && data.length - begins <= MAX_LINE) {
    const next = Math.min(file.size, end + (256 << 10));
    const both = concat([data, await file.read(end, next)]);
    newline = both.indexOf(NEWLINE, data.length);
    data = both;
    end = next;
  }
  let stop = newline < 0 ? data.length : newline + 1;
  if (stop - begins > MAX_LINE + 1) stop = begins + MAX_LINE + 1;
  return { offset: start + first, data: data.subarray(first, stop) };
}

/** Bytes beyond a range that are read at once: a line ends there, most of the time. */
const OVER = 8 << 10;

/** Bytes that reading a range takes, where its last line is no longer than most. */
export const RANGE = 1 + PIECE + OVER;

/** Parts as one. */
export function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
