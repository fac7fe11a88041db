import { css, html, LitElement, unsafeCSS, type PropertyValues, type TemplateResult } from 'lit';
import uPlot from 'uplot';
import sheet from 'uplot/dist/uPlot.min.css';
import type { Timeline } from '../index.js';
import { base } from './styles.js';
import { clock, count } from './text.js';

/** Bars are about this wide, pixels. */
const BAR = 5;

/** What the axes on both sides take, pixels. */
const AXES = 106;

/** Times on the axis: the least step that a format is for, the format, and what it adds where a new year, month or day begins. */
const CLOCK: (string | number | null)[][] = [
  [365 * 86_400, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * 86_400, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', null, null, '{D} {MMM}', null, null, null, 0],
  [1, '{HH}:{mm}:{ss}', null, null, '{D} {MMM}', null, null, null, 0],
];

/**
 * Events and threats by time. Dragging over it chooses a span of time, which the
 * event `range` tells: [from, to) in milliseconds, or null for all.
 */
export class TimelineChart extends LitElement {
  static override properties = {
    timeline: { attribute: false },
    times: { attribute: false },
    from: { attribute: false },
    to: { attribute: false },
    theme: { attribute: false },
  };
  /** Events by time; null while a scan runs. */
  declare timeline: Timeline | null;
  /** Times of the threats that pass the budget, milliseconds. */
  declare times: Float64Array;
  declare from: number;
  declare to: number;
  /** Changes when colours do. */
  declare theme: string;
  private plot: uPlot | null = null;
  private bucket = 0;
  private quiet = false;
  private readonly watch = new ResizeObserver(() => this.draw());
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');

  static override styles = [
    unsafeCSS(sheet), // of the package, not of a log
    base,
    css`
      :host {
        display: block;
        position: relative;
        min-height: 136px;
        min-width: 0;
      }
      .chart {
        position: absolute;
        inset: 0;
        overflow: hidden;
        cursor: crosshair;
      }
      .u-select {
        background: color-mix(in srgb, var(--accent) 16%, transparent);
        box-shadow: inset 1px 0 var(--accent), inset -1px 0 var(--accent);
      }
      .u-cursor-x {
        border-color: var(--edge) !important;
      }
      .uplot {
        font-family: inherit;
      }
      .tip {
        position: absolute;
        top: 2px;
        right: 6px;
        padding: 1px 7px;
        border-radius: 5px;
        background: var(--surface);
        color: var(--muted);
        font-size: 12px;
        pointer-events: none;
      }
      .tone {
        position: absolute;
        visibility: hidden;
      }
      .tone.events {
        color: color-mix(in srgb, var(--muted) 34%, var(--surface));
      }
      .tone.threats {
        color: var(--accent);
      }
      .tone.axis {
        color: var(--muted);
      }
      .tone.grid {
        color: var(--line);
      }
    `,
  ];

  constructor() {
    super();
    this.timeline = null;
    this.times = new Float64Array(0);
    this.from = -Infinity;
    this.to = Infinity;
    this.theme = '';
  }

  private readonly recolour = () => this.draw();

  override connectedCallback(): void {
    super.connectedCallback();
    this.dark.addEventListener('change', this.recolour);
    this.watch.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dark.removeEventListener('change', this.recolour);
    this.watch.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const other = changed.has('theme') || (changed.has('timeline') && !changed.get('timeline') !== !this.timeline);
    if (!this.plot || other) return this.draw();
    // The same plot with other bars: a span that is being drawn goes on.
    if (changed.has('timeline') || changed.has('times')) this.plot.setData(this.data(this.clientWidth - AXES));
    if (changed.has('from') || changed.has('to')) this.mark();
  }

  /** Bars: the beginnings of the buckets in seconds, their events and their threats. */
  private data(width: number): [number[], number[], number[]] {
    const t = this.timeline;
    let start = Infinity, end = -Infinity;
    if (t && t.events.length > 0) {
      start = Number(t.start / 1_000_000n);
      end = start + (t.events.length * Number(t.width)) / 1e6;
    } else {
      for (const time of this.times) {
        if (time < start) start = time;
        if (time >= end) end = time + 1;
      }
    }
    if (!(end > start)) return [[], [], []];
    const least = t ? Number(t.width) / 1e6 : 1000;
    const merged = Math.max(1, Math.ceil((end - start) / least / Math.max(width / BAR, 1)));
    this.bucket = merged * least;
    const n = Math.ceil((end - start) / this.bucket);
    const events = new Array<number>(n).fill(0);
    const threats = new Array<number>(n).fill(0);
    t?.events.forEach((e, i) => (events[Math.floor(i / merged)]! += e));
    for (const time of this.times) {
      const k = Math.floor((time - start) / this.bucket);
      if (k >= 0 && k < n) threats[k]!++;
    }
    return [events.map((_, k) => (start + (k + 0.5) * this.bucket) / 1000), events, threats];
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this;
    const place = this.renderRoot.querySelector<HTMLElement>('.chart');
    if (!place || width < 40) return;
    const tone = (name: string) => getComputedStyle(this.renderRoot.querySelector(`.tone.${name}`)!).color;
    const [events, threats, axis, grid] = ['events', 'threats', 'axis', 'grid'].map(tone) as [string, string, string, string];
    this.plot?.destroy();
    const font = `11px ${getComputedStyle(this).fontFamily}`;
    const bars = uPlot.paths.bars!({ size: [0.9, 24, 1] });
    const top = (_: uPlot, _min: number, max: number): [number, number] => [0, Math.max(max * 1.12, 1)];
    const numbers = { stroke: axis, font, size: 52, grid: { stroke: grid, width: 1 }, ticks: { show: false }, values: (_: uPlot, v: number[]) => v.map((n) => (n === Math.floor(n) ? count(n) : '')) };
    this.plot = new uPlot(
      {
        width, height, padding: [10, 4, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        scales: { x: { range: (_, min, max) => [min - this.bucket / 2000, max + this.bucket / 2000] }, events: { range: top }, threats: { range: top } },
        axes: [
          { stroke: axis, font, size: 26, space: 70, grid: { show: false }, ticks: { stroke: grid, size: 4 }, values: CLOCK },
          { ...numbers, scale: 'events', show: this.timeline !== null },
          { ...numbers, scale: 'threats', side: 1, stroke: threats, grid: { show: false } },
        ],
        series: [
          {},
          { scale: 'events', stroke: events, fill: events, width: 0, paths: bars, points: { show: false } },
          { scale: 'threats', stroke: threats, fill: threats, width: 0, paths: bars, points: { show: false } },
        ],
        hooks: { ready: [() => this.mark()], setSelect: [(u) => this.selected(u)], setCursor: [(u) => this.hover(u)] },
      },
      this.data(width - AXES),
      place,
    );
  }

  /** Shows the chosen span. */
  private mark(): void {
    const u = this.plot;
    if (!u || u.status === 0 || u.data[0].length === 0) return; // ready comes when its scales are known
    const whole = this.from === -Infinity && this.to === Infinity;
    const [min, max] = [u.scales.x!.min!, u.scales.x!.max!];
    const left = whole ? 0 : u.valToPos(Math.max(this.from / 1000, min), 'x');
    const right = whole ? 0 : u.valToPos(Math.min(this.to / 1000, max), 'x');
    this.quiet = true;
    u.setSelect({ left, top: 0, width: Math.max(right - left, 0), height: u.over.clientHeight }, false);
    this.quiet = false;
  }

  private selected(u: uPlot): void {
    if (this.quiet) return;
    const { left, width } = u.select;
    const range = width < 3 ? null : { from: Math.floor(u.posToVal(left, 'x') * 1000), to: Math.ceil(u.posToVal(left + width, 'x') * 1000) };
    this.dispatchEvent(new CustomEvent('range', { detail: range }));
  }

  private hover(u: uPlot): void {
    const tip = this.renderRoot.querySelector<HTMLElement>('.tip')!;
    const i = u.cursor.idx;
    tip.hidden = i === null || i === undefined;
    if (tip.hidden) return;
    const [times, events, threats] = u.data as [number[], number[], number[]];
    const began = clock(times[i!]! * 1000 - this.bucket / 2);
    tip.textContent = `${began} · ${this.timeline ? `${count(events[i!]!)} events, ` : ''}${count(threats[i!]!)} threats`;
  }

  protected override render(): TemplateResult {
    return html`${['events', 'threats', 'axis', 'grid'].map((name) => html`<i class="tone ${name}"></i>`)}
      <div class="chart" role="img" aria-label=${this.spoken()}></div>
      <div class="tip" hidden></div>`;
  }

  private spoken(): string {
    const [times, events, threats] = this.data(240);
    if (times.length === 0) return 'Timeline: no record has a time';
    const busiest = threats.indexOf(Math.max(...threats));
    const all = events.reduce((a, b) => a + b, 0);
    return `Timeline from ${clock(times[0]! * 1000 - this.bucket / 2)} to ${clock(times.at(-1)! * 1000 + this.bucket / 2)}: ` +
      `${all ? `${count(all)} events, ` : ''}${count(this.times.length)} threats, most of them about ${clock(times[busiest]! * 1000)}. ` +
      'The fields From and To choose a span.';
  }
}
