/**
 * What a scan found: threats as columns, so that a hundred thousand can be
 * filtered and sorted between two pictures of the screen. Row objects are made
 * for those that are shown.
 */
import type { Kind, Part, Row } from '../index.js';
import { Column, Names } from './columns.js';
import type { LiveRow, LiveRows } from './live.js';
import { milliseconds, SEVERITIES } from './text.js';

/** A threat: of a scan, or told by a service. */
export type Threat = Row | LiveRow;

/** What is shown of the findings. Times are milliseconds since 1970, [from, to). */
export interface Filter {
  budget: number;
  from: number;
  to: number;
  class: string;
  entity: string;
  incident: number;
  text: string;
}

export const EVERYTHING: Omit<Filter, 'budget'> = { from: -Infinity, to: Infinity, class: '', entity: '', incident: 0, text: '' };

export type SortKey = 'severity' | 'time' | 'class' | 'entity' | 'rarity' | 'place';

export interface Sort {
  key: SortKey;
  descending: boolean;
}

/** Threats of one source close in time, as far as the filter lets them through. */
export interface Group {
  id: number;
  kind: Kind;
  entity: string;
  class: string;
  technique: readonly string[];
  severity: number;
  first: number;
  last: number;
  count: number;
  /** The worst of its threats. */
  row: number;
}

/** Rows that are looked through for a text before the page may do something else. */
const SLICE = 4000;

export class Findings {
  readonly classes = new Names();
  readonly entities = new Names();
  private readonly parts: (Part | LiveRows)[] = [];
  private readonly part = new Column(new Int32Array(0));
  private readonly index = new Column(new Int32Array(0));
  private readonly class = new Column(new Int32Array(0));
  private readonly entity = new Column(new Int32Array(0));
  private readonly incident = new Column(new Int32Array(0));
  private readonly severity = new Column(new Uint8Array(0));
  private readonly rate = new Column(new Float64Array(0));
  private readonly score = new Column(new Float64Array(0));
  private readonly time = new Column(new Float64Array(0));

  get length(): number {
    return this.part.length;
  }

  add(part: Part | LiveRows): void {
    const number = this.parts.push(part) - 1;
    for (const row of part.rows) {
      this.part.push(number);
      this.index.push(row.index);
      this.class.push(this.classes.number(row.class ?? ''));
      this.entity.push(this.entities.number(row.entity ?? ''));
      this.incident.push(row.incident ?? 0);
      this.severity.push(SEVERITIES.indexOf(row.severity));
      this.rate.push(row.falseAlarmRate);
      this.score.push(row.score);
      this.time.push(milliseconds(row.time));
    }
  }

  /** Takes over what another budget or a label made of the rows: see Tiercel.setBudget. */
  refresh(): void {
    for (let i = 0; i < this.length; i++) {
      const row = this.row(i);
      this.class.set(i, this.classes.number(row.class ?? ''));
      this.severity.set(i, SEVERITIES.indexOf(row.severity));
      this.incident.set(i, row.incident ?? 0);
      this.score.set(i, row.score);
      this.rate.set(i, row.falseAlarmRate);
    }
  }

  /** The latest rows alone, at least so many: those of whole parts. */
  latest(n: number): Findings {
    const kept = new Findings();
    let first = this.parts.length;
    for (let rows = 0; first > 0 && rows < n; ) rows += this.parts[--first]!.rows.length;
    for (const part of this.parts.slice(first)) kept.add(part);
    return kept;
  }

  row(i: number): Threat {
    return this.parts[this.part.at(i)]!.row(this.index.at(i));
  }

  classOf(i: number): string {
    return this.classes.texts[this.class.at(i)]!;
  }
  entityOf(i: number): string {
    return this.entities.texts[this.entity.at(i)]!;
  }
  severityOf(i: number): number {
    return this.severity.at(i);
  }
  /** The score, which labels move. */
  scoreOf(i: number): number {
    return this.score.at(i);
  }
  rateOf(i: number): number {
    return this.rate.at(i);
  }
  timeOf(i: number): number {
    return this.time.at(i);
  }
  incidentOf(i: number): number {
    return this.incident.at(i);
  }

  /** The rows that pass, in the order of the log; a text is looked for by search. */
  select(f: Filter): Uint32Array {
    const ofClass = f.class ? this.classes.find(f.class) : -2;
    const ofEntity = f.entity ? this.entities.find(f.entity) : -2;
    const timed = f.from !== -Infinity || f.to !== Infinity;
    const out = new Uint32Array(this.length);
    let n = 0;
    for (let i = 0; i < this.length; i++) {
      if (!(this.rate.at(i) <= f.budget)) continue;
      if (ofClass !== -2 && this.class.at(i) !== ofClass) continue;
      if (ofEntity !== -2 && this.entity.at(i) !== ofEntity) continue;
      if (f.incident && this.incident.at(i) !== f.incident) continue;
      if (timed && !(this.time.at(i) >= f.from && this.time.at(i) < f.to)) continue;
      out[n++] = i;
    }
    return out.slice(0, n);
  }

  /** Those of the rows whose record, class or source holds a text. Null when given up. */
  async search(rows: Uint32Array, text: string, signal: AbortSignal): Promise<Uint32Array | null> {
    const wanted = text.toLowerCase();
    const out: number[] = [];
    for (let k = 0; k < rows.length; k++) {
      if (k % SLICE === SLICE - 1) await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return null;
      const i = rows[k]!;
      const row = this.row(i);
      if (
        this.entityOf(i).toLowerCase().includes(wanted) || this.classOf(i).includes(wanted) ||
        row.raw.toLowerCase().includes(wanted) || row.file.toLowerCase().includes(wanted)
      ) out.push(i);
    }
    return Uint32Array.from(out);
  }

  /** Sorts in place; rows that are equal stay in the order of the log. */
  sort(rows: Uint32Array, { key, descending }: Sort): Uint32Array {
    const value = this.sortValue(key);
    const way = descending ? -1 : 1;
    const values = new Float64Array(this.length);
    for (const i of rows) values[i] = Number.isNaN(value(i)) ? Infinity : way * value(i); // what has no time stands last
    return rows.sort((a, b) => {
      const [x, y] = [values[a]!, values[b]!];
      return x === y ? a - b : x < y ? -1 : 1;
    });
  }

  private sortValue(key: SortKey): (i: number) => number {
    switch (key) {
      case 'severity':
        return (i) => this.severity.at(i) + 1 - Math.min(this.rate.at(i), 1); // of equal severity the rarest
      case 'time':
        return (i) => this.time.at(i);
      case 'rarity':
        return (i) => 1 - this.rate.at(i);
      case 'place':
        return (i) => i;
      case 'class':
      case 'entity': {
        const ranks = (key === 'class' ? this.classes : this.entities).ranks();
        const column = key === 'class' ? this.class : this.entity;
        return (i) => ranks[column.at(i)]!;
      }
    }
  }

  /** The incidents of rows, worst first, in the order of the command line. */
  groups(rows: Uint32Array): Group[] {
    const groups = new Map<number, Group>();
    for (const i of rows) {
      const id = this.incident.at(i);
      if (!id) continue; // beyond the bound on incidents
      const time = this.time.at(i);
      const g = groups.get(id);
      if (!g) {
        groups.set(id, { id, kind: 'none', entity: '', class: '', technique: [], severity: this.severity.at(i), first: time, last: time, count: 1, row: i });
        continue;
      }
      g.count++;
      if (!(g.first <= time)) g.first = Number.isNaN(time) ? g.first : time;
      if (!(g.last >= time)) g.last = Number.isNaN(time) ? g.last : time;
      g.severity = Math.max(g.severity, this.severity.at(i));
      const [rate, worst] = [this.rate.at(i), this.rate.at(g.row)];
      if (rate < worst || (rate === worst && this.score.at(i) > this.score.at(g.row))) g.row = i;
    }
    for (const g of groups.values()) {
      const row = this.row(g.row);
      g.kind = row.kind;
      g.entity = this.entityOf(g.row);
      g.class = this.classOf(g.row);
      g.technique = row.technique;
    }
    return [...groups.values()].sort((a, b) => b.severity - a.severity || this.rate.at(a.row) - this.rate.at(b.row) || b.count - a.count || a.id - b.id);
  }

  /** How many incidents rows belong to. */
  incidents(rows: Uint32Array): number {
    const ids = new Set<number>();
    for (const i of rows) ids.add(this.incident.at(i));
    ids.delete(0);
    return ids.size;
  }

  /** How many of the rows have each class, commonest first. */
  tally(rows: Uint32Array): [string, number][] {
    const counts = new Array<number>(this.classes.texts.length).fill(0);
    for (const i of rows) counts[this.class.at(i)]!++;
    return counts.map((n, c): [string, number] => [this.classes.texts[c]!, n]).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  }
}
