import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { Findings, Sort, SortKey } from './findings.js';
import { looks } from './table-styles.js';
import { severity, severityStyles } from './severity.js';
import { base } from './styles.js';
import { classTitle, clock, count, gist, rarity, visible } from './text.js';

/** Height of a row, pixels. */
const ROW = 29;

/** Browsers draw nothing beyond some 17 to 33 million pixels; above this, scrolling is proportional. */
const TALLEST = 8_000_000;

/** Characters of a record that a row shows at most. */
const SHOWN = 400;

const COLUMNS: { key: SortKey; title: string; class: string }[] = [
  { key: 'severity', title: 'Severity', class: 'severity-cell' },
  { key: 'time', title: 'Time (UTC)', class: 'time' },
  { key: 'class', title: 'Class', class: 'class' },
  { key: 'entity', title: 'Source', class: 'entity' },
  { key: 'rarity', title: 'Rarity', class: 'rarity' },
  { key: 'place', title: 'Record', class: 'record' },
];

/**
 * The threats, a row each; only those on the screen are in the document. Events:
 * `choose` with the number of a row, `sort` with a Sort, `mark` with 'threat' or 'benign'.
 */
export class ThreatTable extends LitElement {
  static override properties = {
    findings: { attribute: false },
    rows: { attribute: false },
    sort: { attribute: false },
    chosen: { attribute: false },
    version: { attribute: false },
    labels: { attribute: false },
    none: { attribute: false },
    first: { state: true },
    shown: { state: true },
    cursor: { state: true },
  };
  declare findings: Findings;
  /** Numbers of the findings' rows, in the order to show. */
  declare rows: Uint32Array;
  declare sort: Sort;
  /** Number of the row whose detail is open; -1 for none. */
  declare chosen: number;
  /** Changes when rows are the same and what they say is not. */
  declare version: number;
  declare labels: ReadonlyMap<number, 'threat' | 'benign'>;
  /** What to say where there are no rows. */
  declare none: string;
  private declare first: number;
  private declare shown: number;
  /** Place in rows that the keyboard is at. */
  private declare cursor: number;
  private readonly watch = new ResizeObserver(() => this.measure());

  static override styles = [base, severityStyles, looks];

  constructor() {
    super();
    this.rows = new Uint32Array(0);
    this.sort = { key: 'severity', descending: true };
    this.chosen = -1;
    this.version = 0;
    this.labels = new Map();
    this.none = '';
    this.first = 0;
    this.shown = 30;
    this.cursor = 0;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watch.disconnect();
  }

  private get grid(): HTMLElement {
    return this.renderRoot.querySelector('.grid')!;
  }

  protected override firstUpdated(): void {
    this.watch.observe(this.grid);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows')) return;
    const open = this.chosen < 0 ? -1 : this.rows.indexOf(this.chosen);
    this.cursor = open >= 0 ? open : Math.min(this.cursor, Math.max(this.rows.length - 1, 0));
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('rows')) this.measure();
  }

  private get tall(): number {
    return Math.min(this.rows.length * ROW, TALLEST);
  }

  /** Which rows are on the screen. */
  private measure(): void {
    const { clientHeight, scrollTop } = this.grid;
    const room = Math.max(clientHeight - 32, 0);
    this.shown = Math.ceil(room / ROW) + 1;
    const most = Math.max(this.rows.length * ROW - room, 0);
    const travel = Math.max(this.tall - room, 0);
    const at = travel > 0 ? (scrollTop / travel) * most : 0;
    this.first = Math.max(Math.min(Math.floor(at / ROW), this.rows.length - this.shown), 0);
  }

  /** Brings a place into view. */
  private reveal(place: number): void {
    const grid = this.grid;
    const room = grid.clientHeight - 32;
    const most = Math.max(this.rows.length * ROW - room, 1);
    const travel = Math.max(this.tall - room, 0);
    const at = (grid.scrollTop / Math.max(travel, 1)) * most;
    const top = place * ROW;
    const want = top < at ? top : top + ROW > at + room ? top + ROW - room : at;
    if (want !== at) grid.scrollTop = (want / most) * travel;
    this.measure();
  }

  /** Where the rows in the document stand. */
  private get top(): number {
    const travel = this.rows.length * ROW;
    return travel <= TALLEST ? this.first * ROW : (this.grid?.scrollTop ?? 0);
  }

  override focus(): void {
    this.grid.focus();
  }

  /** Puts the keyboard at a row of the findings, if it is shown. */
  goTo(row: number): void {
    const place = this.rows.indexOf(row);
    if (place < 0) return;
    this.cursor = place;
    void this.updateComplete.then(() => this.reveal(place));
  }

  private tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  private choose(place: number): void {
    this.cursor = place;
    if (place < this.rows.length) this.tell('choose', this.rows[place]);
  }

  private key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey || (e.target as HTMLElement).closest('.head')) return;
    const page = Math.max(this.shown - 2, 1);
    const to: Record<string, number> = {
      ArrowDown: this.cursor + 1, ArrowUp: this.cursor - 1, PageDown: this.cursor + page, PageUp: this.cursor - page, Home: 0, End: this.rows.length - 1,
    };
    if (e.key in to) {
      this.cursor = Math.max(0, Math.min(to[e.key]!, this.rows.length - 1));
      this.reveal(this.cursor);
      if (this.chosen >= 0) this.choose(this.cursor);
    } else if (e.key === 'Enter' || e.key === ' ') this.choose(this.cursor);
    else if (e.key === 't' || e.key === 'b') this.tell('mark', e.key === 't' ? 'threat' : 'benign');
    else return;
    e.preventDefault();
  }

  private sortBy(key: SortKey): void {
    const same = this.sort.key === key;
    const down = key === 'severity' || key === 'rarity';
    this.tell('sort', { key, descending: same ? !this.sort.descending : down } satisfies Sort);
  }

  protected override render(): TemplateResult {
    const last = Math.min(this.first + this.shown, this.rows.length);
    const places = Array.from({ length: Math.max(last - this.first, 0) }, (_, k) => this.first + k);
    return html`<div class="grid" role="grid" tabindex="0" aria-label="Threats" aria-rowcount=${this.rows.length + 1}
        aria-activedescendant=${this.rows.length ? `r${this.cursor}` : ''} @keydown=${this.key} @scroll=${this.measure}>
      <div class="row head" role="row" aria-rowindex="1">${COLUMNS.map((c) => this.header(c))}</div>
      <div class="space" role="presentation" .style=${`height:${this.tall}px`}>
        <div class="window" role="presentation" .style=${`transform:translateY(${this.top}px)`}>${places.map((place) => this.line(place))}</div>
      </div>
      ${this.rows.length ? '' : html`<p class="none" role="row"><span role="gridcell">${this.none}</span></p>`}
    </div>`;
  }

  private header(c: (typeof COLUMNS)[number]): TemplateResult {
    const sorted = this.sort.key === c.key;
    const way = this.sort.descending ? 'descending' : 'ascending';
    return html`<span role="columnheader" class=${c.class} aria-sort=${sorted ? way : 'none'}>
      <button @click=${() => this.sortBy(c.key)}>${c.title}${sorted ? html`<span aria-hidden="true">${this.sort.descending ? '↓' : '↑'}</span>` : ''}</button>
    </span>`;
  }

  private line(place: number): TemplateResult {
    const i = this.rows[place]!;
    const row = this.findings.row(i);
    const label = this.labels.get(i);
    return html`<div class="row body ${place === this.cursor ? 'at' : ''}" role="row" id=${`r${place}`} aria-rowindex=${place + 2}
        aria-selected=${i === this.chosen ? 'true' : 'false'} @click=${() => this.choose(place)}>
      <span role="gridcell" class="severity-cell">${severity(this.findings.severityOf(i))}</span>
      <span role="gridcell" class="time">${clock(this.findings.timeOf(i))}</span>
      <span role="gridcell" class="class">${classTitle(this.findings.classOf(i))}</span>
      <span role="gridcell" class="entity" dir="ltr">${visible(this.findings.entityOf(i)) || '–'}</span>
      <span role="gridcell" class="rarity">${rarity(this.findings.rateOf(i))}</span>
      <span role="gridcell" class="record" dir="ltr" title=${`${visible(row.file)}, line ${count(row.line)}`}>${label ? html`<span class="label">${label}</span>` : ''}${visible(gist(row.raw.slice(0, SHOWN)))}</span>
    </div>`;
  }
}
