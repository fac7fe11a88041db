/**
 * A service that is followed (`tiercel serve`): its threats as they come, with
 * the names that rows of a scan have, and what people say of them back to it.
 */
import type { Certified, Kind, Severity } from '../index.js';
import { SEVERITIES } from './text.js';

/** Milliseconds in which threats that come are gathered before they are shown. */
const GATHER = 150;

/** Milliseconds until a stream that was cut off is asked for again. */
const AGAIN = 2000;

/** Bytes of one event at most; a stream with a longer one is not a service's. */
const LONGEST = 4 << 20;

/** Ids of threats and of incidents that are known, the latest, so that none is shown twice. */
const KNOWN = 50_000;

/** A row of a service: host/internal/stream/row.go has the names. */
interface Told {
  '@timestamp'?: string;
  'event.id': string;
  'event.dataset': Kind;
  'event.severity': number;
  'event.original'?: string;
  'log.file.path'?: string;
  'threat.technique.id'?: string[];
  'tiercel.score'?: number;
  'tiercel.false_alarm_rate'?: number;
  'tiercel.class'?: string;
  'tiercel.entity'?: string;
  'tiercel.incident'?: string;
  'tiercel.missing'?: string[];
  'tiercel.example'?: string;
}

/** A threat that a service tells of. */
export class LiveRow {
  constructor(
    private readonly told: Told,
    readonly index: number,
    readonly incident: number | null,
  ) {}

  get id(): string {
    return this.told['event.id'];
  }
  /** What a label of it needs; '' where the service has left it out. */
  get example(): string {
    return this.told['tiercel.example'] ?? '';
  }
  get file(): string {
    return this.told['log.file.path'] ?? '';
  }
  /** Place in what was sent, from 1. */
  get line(): number {
    return Number(/\d+$/.exec(this.id)?.[0] ?? 0) + 1;
  }
  get time(): bigint | null {
    const ms = Date.parse(this.told['@timestamp'] ?? '');
    return Number.isNaN(ms) ? null : BigInt(ms) * 1_000_000n;
  }
  get kind(): Kind {
    return this.told['event.dataset'];
  }
  get score(): number {
    return this.told['tiercel.score'] ?? 0;
  }
  get falseAlarmRate(): number {
    return this.told['tiercel.false_alarm_rate'] ?? 0;
  }
  get severity(): Severity {
    return SEVERITIES[this.told['event.severity']] ?? 'low';
  }
  get class(): string | null {
    return this.told['tiercel.class'] ?? null;
  }
  get technique(): readonly string[] {
    return this.told['threat.technique.id'] ?? [];
  }
  get entity(): string | null {
    return this.told['tiercel.entity'] ?? null;
  }
  get missing(): string[] {
    return this.told['tiercel.missing'] ?? [];
  }
  get certified(): Certified | null {
    return null; // services do not tell
  }
  get raw(): string {
    return this.told['event.original'] ?? '';
  }
}

/** Threats that came together. */
export class LiveRows {
  constructor(readonly rows: readonly LiveRow[]) {}

  row(i: number): LiveRow {
    return this.rows[i]!;
  }
}

/** How it stands with a service: 'token' asks for one. */
export type Standing = 'connecting' | 'live' | 'lost' | 'token';

export class Live {
  standing: Standing = 'connecting';
  private token = '';
  private last = '';
  private gathered: LiveRow[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private readonly incidents = new Map<string, number>();
  private numbers = 0;
  private readonly known = new Set<string>();
  private stop = new AbortController();

  /**
   * @param address of the service's events: /v1/events
   * @param came is given threats, @param changed told of another standing
   */
  constructor(
    readonly address: string,
    private readonly came: (rows: LiveRows) => void,
    private readonly changed: () => void,
  ) {
    void this.run(this.stop.signal);
  }

  /** Goes on with a token that has the scope read. */
  show(token: string): void {
    this.token = token;
    this.stop.abort();
    this.stop = new AbortController();
    this.stand('connecting');
    void this.run(this.stop.signal);
  }

  close(): void {
    this.stop.abort();
    clearTimeout(this.flushing);
  }

  /** Tells the service what somebody says of a threat; all its workers learn it. */
  async label(row: LiveRow, threat: boolean): Promise<void> {
    if (!row.example) throw new Error('the service told too little of this threat to label it');
    const answer = await fetch(new URL('labels', new URL(this.address, document.baseURI)), {
      method: 'POST',
      headers: { ...this.headers(), 'content-type': 'application/json' },
      body: JSON.stringify({ event: row.id, kind: row.kind, example: row.example, threat }),
    });
    if (!answer.ok) throw new Error(`the service did not take the label: ${answer.status === 403 ? 'the token lacks the scope label' : `status ${answer.status}`}`);
  }

  private headers(): Record<string, string> {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  private stand(s: Standing): void {
    if (s === this.standing) return;
    this.standing = s;
    this.changed();
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await this.read(signal))) return this.stand('token');
      } catch {
        // told below: the service is away, or was for a moment
      }
      if (signal.aborted) return;
      this.stand('lost');
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  /** Reads the stream until it ends; false when a token is needed. EventSource cannot send one. */
  private async read(signal: AbortSignal): Promise<boolean> {
    const address = new URL(this.address, document.baseURI);
    address.searchParams.set('what', 'threats');
    const headers = { ...this.headers(), ...(this.last ? { 'last-event-id': this.last } : {}) };
    const answer = await fetch(address, { headers, cache: 'no-store', signal });
    if (answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
    this.stand('live');
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ; ) {
      const { value, done } = await reader.read();
      if (done) return true;
      const events = (rest + value).split('\n\n');
      rest = events.pop()!;
      if (rest.length > LONGEST) throw new Error('an event is too long');
      for (const e of events) this.take(e);
    }
  }

  /** Takes an event of the stream (WHATWG HTML, section 9.2, as the service writes it). */
  private take(event: string): void {
    let data = '';
    for (const line of event.split('\n')) {
      if (line.startsWith('id: ')) this.last = line.slice(4);
      else if (line.startsWith('data: ')) data = line.slice(6);
    }
    if (!data) return;
    const told = JSON.parse(data) as Told;
    if (this.known.has(told['event.id'])) return;
    this.known.add(told['event.id']);
    if (this.known.size > KNOWN) this.known.delete(this.known.values().next().value!);
    this.gathered.push(new LiveRow(told, this.gathered.length, this.number(told['tiercel.incident'])));
    this.flushing ??= setTimeout(() => this.flush(), GATHER);
  }

  private flush(): void {
    this.flushing = undefined;
    const rows = new LiveRows(this.gathered);
    this.gathered = [];
    this.came(rows);
  }

  /** Incidents by number, as a scan has them. */
  private number(id: string | undefined): number | null {
    if (!id) return null;
    let n = this.incidents.get(id);
    if (n === undefined) this.incidents.set(id, (n = ++this.numbers));
    if (this.incidents.size > KNOWN) this.incidents.delete(this.incidents.keys().next().value!);
    return n;
  }
}
