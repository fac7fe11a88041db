import type { Part, Row } from './rows.js';

/** Rows that are kept of a scan; those beyond are only given to the loop that scans. */
const MAX_ROWS = 1_000_000;

/** The rows of the latest scan that are threats, or could be under another budget. */
export class Kept {
  readonly parts: Part[] = [];
  /** Rows were left out: there are too many. */
  cut = false;
  private count = 0;

  /** Keeps the rows of a part; of a scan of all rows only those that carry their record. */
  add(part: Part, all: boolean): void {
    if (this.cut) return;
    const own = all ? part.select((i) => part.bytes(i, 1).length > 0) : part;
    if (this.count + own.length > MAX_ROWS) return void (this.cut = true);
    this.count += own.length;
    if (own.length > 0) this.parts.push(own);
  }

  /** The threats, in the order of the log. */
  *threats(): Generator<Row, void, undefined> {
    for (const part of this.parts) for (let i = 0; i < part.length; i++) if (part.threat(i)) yield part.row(i);
  }

  /** What is to be scored again of the rows, taken by whoever has time. */
  *scorings(): Generator<{ part: Part; head: Uint8Array; rows: number[]; message: Uint8Array }, void, undefined> {
    for (const part of this.parts) for (const run of part.records()) yield { part, ...run };
  }
}
