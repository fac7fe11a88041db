import { concat, type Head } from './cut.js';
import type { Word } from './messages.js';

export type Kind = 'none' | 'http' | 'flow' | 'dns' | 'auth' | 'table';
export type Severity = 'none' | 'low' | 'medium' | 'high' | 'critical';

const KINDS: readonly Kind[] = ['none', 'http', 'flow', 'dns', 'auth', 'table'];
const SEVERITIES: readonly Severity[] = ['none', 'low', 'medium', 'high', 'critical'];

/** Flags of a row, as wasm/engine/columns.go sets them. */
const THREAT = 1;
/** Its rate is its rank at a site that the model does not know: nothing is proven of it. */
const STRANGE = 2;

/** An event without time: the least 64-bit integer, as in Go. */
const NO_TIME = -(2n ** 63n);

const text = new TextDecoder();

/** How the file of a part was read: what explaining one of its rows needs. */
export interface Reading {
  file: string;
  /** Its place among the files of the scan. */
  index: number;
  settings: Uint8Array;
  format: string;
  year: number;
  /** Header lines of the file, in order; those before a record rule it. */
  heads: Head[];
  learners: Record<string, string[]>;
  words: Word[];
}

type Column = BigInt64Array | BigUint64Array | Float64Array | Uint32Array | Uint8Array;

/**
 * The rows of one piece of a file, in order, as columns: see
 * wasm/engine/columns.go for the layout. Rows are made when they are asked for.
 */
export class Part {
  readonly length: number;
  readonly offset: BigInt64Array;
  readonly time: BigInt64Array;
  readonly line: BigInt64Array;
  readonly record: BigInt64Array;
  readonly incident: BigInt64Array;
  readonly missing: BigUint64Array;
  readonly score: Float64Array;
  readonly falseAlarmRate: Float64Array;
  /** The share of the events up to the row that one alarm a day is. */
  readonly daily: Float64Array;
  private readonly discount: Float64Array;
  readonly recordLength: Uint32Array;
  private readonly text: Uint32Array;
  private readonly entityLength: Uint32Array;
  private readonly rawLength: Uint32Array;
  private readonly contextLength: Uint32Array;
  private readonly classWord: Uint32Array;
  private readonly reasonWord: Uint32Array;
  private readonly kindOf: Uint8Array;
  private readonly severityOf: Uint8Array;
  private readonly flags: Uint8Array;
  private readonly certificates: Uint8Array;
  private readonly texts: Uint8Array;
  private readonly columns: Column[] = [];

  /** @internal */
  constructor(
    readonly data: Uint8Array<ArrayBuffer>,
    readonly reading: Reading,
  ) {
    const b = data.buffer;
    const n = (this.length = new Uint32Array(b, 0, 1)[0]!);
    let at = 8;
    const next = <T extends Column>(view: new (b: ArrayBuffer, at: number, n: number) => T, size: number): T => {
      const column = new view(b, at, n);
      at += n * size;
      this.columns.push(column);
      return column;
    };
    this.offset = next(BigInt64Array, 8);
    this.time = next(BigInt64Array, 8);
    this.line = next(BigInt64Array, 8);
    this.record = next(BigInt64Array, 8);
    this.incident = next(BigInt64Array, 8);
    this.missing = next(BigUint64Array, 8);
    this.score = next(Float64Array, 8);
    this.falseAlarmRate = next(Float64Array, 8);
    this.daily = next(Float64Array, 8);
    this.discount = next(Float64Array, 8);
    this.recordLength = next(Uint32Array, 4);
    this.text = next(Uint32Array, 4);
    this.entityLength = next(Uint32Array, 4);
    this.rawLength = next(Uint32Array, 4);
    this.contextLength = next(Uint32Array, 4);
    this.classWord = next(Uint32Array, 4);
    this.reasonWord = next(Uint32Array, 4);
    this.kindOf = next(Uint8Array, 1);
    this.severityOf = next(Uint8Array, 1);
    this.flags = next(Uint8Array, 1);
    this.certificates = next(Uint8Array, 1);
    this.texts = new Uint8Array(b, at);
  }

  /** The rows, in the order of the file. */
  get rows(): Iterable<Row> & { readonly length: number } {
    const part = this;
    return {
      length: this.length,
      *[Symbol.iterator]() {
        for (let i = 0; i < part.length; i++) yield new Row(part, i);
      },
    };
  }

  row(i: number): Row {
    return new Row(this, i);
  }

  /** @internal Some of the rows, as a part of their own. */
  select(wanted: (i: number) => boolean): Part {
    const rows: number[] = [];
    let bytes = 0;
    for (let i = 0; i < this.length; i++) {
      if (!wanted(i)) continue;
      rows.push(i);
      bytes += this.textLength(i);
    }
    const width = this.columns.reduce((sum, c) => sum + c.BYTES_PER_ELEMENT, 0);
    const data = new Uint8Array(8 + rows.length * width + bytes);
    new Uint32Array(data.buffer, 0, 2).set([rows.length, bytes]);
    const part = new Part(data, this.reading);
    for (const [c, column] of this.columns.entries()) for (const [to, from] of rows.entries()) part.columns[c]![to] = column[from]!;
    let at = 0;
    for (const [to, from] of rows.entries()) {
      part.texts.set(this.texts.subarray(this.text[from]!, this.text[from]! + this.textLength(from)), at);
      part.text[to] = at;
      at += this.textLength(from);
    }
    return part;
  }

  private textLength(i: number): number {
    return this.entityLength[i]! + this.rawLength[i]! + this.contextLength[i]!;
  }

  /** @internal */
  kind(i: number): Kind {
    return KINDS[this.kindOf[i]!]!;
  }

  /** @internal */
  severity(i: number): Severity {
    return SEVERITIES[this.severityOf[i]!]!;
  }

  /** @internal */
  threat(i: number): boolean {
    return (this.flags[i]! & THREAT) !== 0;
  }

  /** @internal What an alert survives, as wasm/engine/certified.go packs it. */
  certified(i: number): Certified | null {
    if (!this.threat(i)) return null;
    const bits = this.certificates[i]!;
    return { insertions: bits & 31, learners: (bits >> 5) & 3, padding: bits >> 7 === 1 };
  }

  /** @internal */
  class(i: number): Word | undefined {
    return this.reading.words[this.classWord[i]! - 1];
  }

  /** @internal */
  reason(i: number): string | undefined {
    return this.reading.words[this.reasonWord[i]! - 1]?.text;
  }

  /** @internal What scores a run of rows again: where they stand, and the message of their records, as wasm/engine/question.go reads it. */
  *records(): Generator<{ head: Uint8Array; rows: number[]; message: Uint8Array }> {
    let run: number[] = [];
    let heads = -1;
    const told = () => {
      const parts = run.flatMap((i) => [new Uint8Array(new Uint32Array([this.rawLength[i]!, this.contextLength[i]!]).buffer), this.bytes(i, 1), this.bytes(i, 2)]);
      return { head: this.head(heads), rows: run, message: concat(parts) };
    };
    for (let i = 0; i < this.length; i++) {
      if (this.rawLength[i] === 0 || this.rawLength[i]! < this.recordLength[i]!) continue; // its record is not here whole
      const n = this.reading.heads.filter((h) => h.offset < Number(this.offset[i])).length;
      if (n !== heads && run.length > 0) {
        yield told();
        run = [];
      }
      heads = n;
      run.push(i);
    }
    if (run.length > 0) yield told();
  }

  /** @internal The header lines that rule a row, as one text. */
  headOf(i: number): Uint8Array {
    return this.head(this.reading.heads.filter((h) => h.offset < Number(this.offset[i])).length);
  }

  private head(n: number): Uint8Array {
    return concat(this.reading.heads.slice(0, n).map((h) => h.line));
  }

  /** @internal Some rows have other scores now: what the engine's rescore answered. */
  rescored(rows: number[], answer: Uint8Array<ArrayBuffer>): void {
    const scores = new Float64Array(answer.buffer, 0, 2 * rows.length);
    for (const [k, i] of rows.entries()) {
      if (Number.isNaN(scores[k])) continue;
      this.score[i] = scores[k]!;
      const rate = Math.min(scores[rows.length + k]! * this.discount[i]!, 1);
      // a rate that did not move stays to the bit: the discount is a rounded quotient
      if (Math.abs(rate - this.falseAlarmRate[i]!) > 4 * Number.EPSILON * rate) this.falseAlarmRate[i] = rate;
    }
    this.proved(rows, answer);
  }

  /** @internal Nothing is proven of the rows any more: the budget is another one. */
  unproved(): void {
    this.certificates.fill(0);
  }

  /** @internal Certificates of some rows under the budget in force, of what the engine's rescore answered. */
  proved(rows: number[], answer: Uint8Array<ArrayBuffer>): void {
    for (const [k, i] of rows.entries()) this.certificates[i] = this.flags[i]! & STRANGE ? 0 : answer[16 * rows.length + k]!;
  }

  /** @internal The rows are judged again: what the engine's rejudge answered. */
  rejudged(answer: Uint8Array<ArrayBuffer>): void {
    this.incident.set(new BigInt64Array(answer.buffer, 0, this.length));
    this.flags.set(answer.subarray(8 * this.length, 9 * this.length));
    this.severityOf.set(answer.subarray(9 * this.length));
  }

  /** @internal Which of a row's texts: 0 entity, 1 record, 2 context columns. */
  bytes(i: number, which: 0 | 1 | 2): Uint8Array {
    const lengths = [this.entityLength[i]!, this.rawLength[i]!, this.contextLength[i]!];
    let at = this.text[i]!;
    for (let k = 0; k < which; k++) at += lengths[k]!;
    return this.texts.subarray(at, at + lengths[which]!);
  }
}

/** What the engine says of one record. Names are those of the command line's JSON lines. */
export interface RowData {
  file: string;
  line: number;
  record: number;
  error?: string;
  time: string | null;
  kind: Kind;
  score: number;
  threat: boolean;
  false_alarm_rate: number;
  severity: Severity;
  class: string | null;
  technique: string[];
  entity: string | null;
  incident: string | null;
  missing: string[];
  certified: Certified | null;
}

/** What an alert survives, proven: so many inserted texts and arbitrary base learners, and any padding. */
export interface Certified {
  insertions: number;
  learners: number;
  padding: boolean;
}

/** One record's verdict: a view of its part, cheap to make. */
export class Row {
  constructor(
    readonly part: Part,
    readonly index: number,
  ) {}

  get file(): string {
    return this.part.reading.file;
  }
  /** Physical line in the file, from 1. */
  get line(): number {
    return Number(this.part.line[this.index]);
  }
  /** Data record in the file, from 1. */
  get record(): number {
    return Number(this.part.record[this.index]);
  }
  /** Where the record stands in the (decompressed) file, bytes. */
  get offset(): number {
    return Number(this.part.offset[this.index]);
  }
  /** Bytes of the record. */
  get length(): number {
    return this.part.recordLength[this.index]!;
  }
  /** Nanoseconds since 1970 UTC, null when the record has no time. */
  get time(): bigint | null {
    const t = this.part.time[this.index]!;
    return t === NO_TIME ? null : t;
  }
  get kind(): Kind {
    return this.part.kind(this.index);
  }
  /** In [0,1]; ranks. */
  get score(): number {
    return this.part.score[this.index]!;
  }
  /** The share of normal events expected to score at least this high. */
  get falseAlarmRate(): number {
    return this.part.falseAlarmRate[this.index]!;
  }
  get threat(): boolean {
    return this.part.threat(this.index);
  }
  get severity(): Severity {
    return this.threat ? this.part.severity(this.index) : 'none';
  }
  get class(): string | null {
    return (this.threat && this.part.class(this.index)?.text) || null;
  }
  /** MITRE ATT&CK techniques of the class. */
  get technique(): readonly string[] {
    return (this.threat && this.part.class(this.index)?.technique) || [];
  }
  /** Source address, user or client that is judged. */
  get entity(): string | null {
    return text.decode(this.part.bytes(this.index, 0)) || null;
  }
  /** Number of the incident that a threat belongs to. */
  get incident(): number | null {
    return Number(this.part.incident[this.index]) || null;
  }
  /** Base learners that abstained or failed. */
  get missing(): string[] {
    const bits = this.part.missing[this.index]!;
    if (bits === 0n) return [];
    return (this.part.reading.learners[this.kind] ?? []).filter((_, i) => (bits >> BigInt(Math.min(i, 63))) & 1n);
  }
  /** What an alert survives at the budget that the scan ran with; null for a row that is none. */
  get certified(): Certified | null {
    return this.part.certified(this.index);
  }
  /** Why the record could not be read. */
  get error(): string | undefined {
    return this.part.reason(this.index);
  }
  /** The record as it stands in the log, at most its first 16 KiB; empty for rows that are no threat under the widest budget. */
  get raw(): string {
    return text.decode(this.part.bytes(this.index, 1));
  }

  /** As a line of the command line's JSON output. */
  toJSON(): RowData {
    const { file, line, record, error, kind } = this;
    if (error !== undefined) return { file, line, record, error } as RowData;
    return {
      file, line, record,
      time: isoTime(this.time),
      kind,
      score: this.score,
      threat: this.threat,
      false_alarm_rate: this.falseAlarmRate,
      severity: this.severity,
      class: this.class,
      technique: [...this.technique],
      entity: this.entity,
      incident: this.incident === null ? null : String(this.incident),
      missing: this.missing,
      certified: this.certified,
    };
  }
}

/** A time as RFC 3339, UTC, to the millisecond; null for none. Years beyond four digits are written as ECMAScript does. */
export function isoTime(ns: bigint | null): string | null {
  if (ns === null) return null;
  return new Date(Number(ns >= 0n ? ns / 1_000_000n : -((-ns + 999_999n) / 1_000_000n))).toISOString();
}
