import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { Explanation, LoadOptions } from '../index.js';
import './parts.js';
import { frame } from './console-styles.js';
import { EVERYTHING, type Filter, type Group, type Sort } from './findings.js';
import { Session } from './session.js';
import { following } from './following.js';
import { severity, severityStyles } from './severity.js';
import { base } from './styles.js';
import type { ThreatDetail } from './detail.js';
import type { ThreatTable } from './table.js';
import { bytes, classTitle, count, duration, KINDS, many, message, span, visible } from './text.js';
import { mark, welcome } from './welcome.js';

/** Milliseconds that typing may pause before the text is looked for. */
const TYPING = 160;

const NONE = new Uint32Array(0);

/** The console: see index.ts for what pages may rely on. */
export class Console extends LitElement {
  static override properties = {
    theme: { reflect: true },
    examples: {},
    live: {},
    loadOptions: { attribute: false },
    filter: { state: true },
    sort: { state: true },
    chosen: { state: true },
    tab: { state: true },
    dropping: { state: true },
    rows: { state: true },
    explanation: { state: true },
    problem: { state: true },
    version: { state: true },
  };
  static override styles = [base, severityStyles, frame];

  declare theme: string;
  /** Addresses of logs to try it with, separated by blanks. */
  declare examples: string;
  /** Address of a service's events; '' for logs. */
  declare live: string;
  declare loadOptions: LoadOptions;
  readonly session = new Session(() => this.loadOptions, () => this.refresh());
  private declare filter: Omit<Filter, 'budget'>;
  private declare sort: Sort;
  private declare chosen: number;
  private declare tab: 'incidents' | 'threats';
  private declare dropping: boolean;
  private declare rows: Uint32Array;
  private declare explanation: Explanation | null;
  private declare problem: string;
  private declare version: number;
  private groups: Group[] = [];
  private times = new Float64Array(0);
  private classes: [string, number][] = [];
  /** Threats and incidents within the budget, filters aside. */
  private within = 0;
  private incidents = 0;
  /** What the session had let go of when a row was chosen. */
  private gone = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private searching: AbortController | null = null;

  constructor() {
    super();
    this.theme = '';
    this.examples = '';
    this.live = '';
    this.loadOptions = {};
    this.filter = EVERYTHING;
    this.sort = { key: 'severity', descending: true };
    this.chosen = -1;
    this.tab = 'incidents';
    this.dropping = false;
    this.rows = NONE;
    this.explanation = null;
    this.problem = '';
    this.version = 0;
    this.addEventListener('dragover', (e) => this.dragged(e, true));
    this.addEventListener('dragleave', (e) => !this.contains(e.relatedTarget as Node | null) && this.dragged(e, false));
    this.addEventListener('drop', (e) => this.dropped(e));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.follow(this.live);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    void this.session.close();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('live') && this.isConnected) this.session.follow(this.live);
    if (changed.has('filter') || changed.has('sort')) void this.refilter();
  }

  protected override updated(): void {
    const field = this.renderRoot.querySelector<HTMLInputElement>('.filters input[type=search]');
    if (field && !this.filter.text && this.typing === undefined && this.shadowRoot!.activeElement !== field) field.value = '';
  }

  /** Told by the session: findings, progress or notices are other ones. */
  private refresh(): void {
    if (this.session.phase === 'scanning' && this.session.findings.length === 0) {
      this.chosen = -1;
      this.filter = EVERYTHING;
    }
    this.chosen = Math.max(-1, this.chosen - (this.session.gone - this.gone));
    this.gone = this.session.gone;
    void this.refilter();
    this.version++;
  }

  /** Works out what passes the filter: for the chart without its span, for the incidents without the chosen one. */
  private async refilter(): Promise<void> {
    this.searching?.abort();
    const search = (this.searching = new AbortController());
    const { findings, budget } = this.session;
    const all = findings.select({ ...EVERYTHING, budget });
    this.within = all.length;
    this.incidents = findings.incidents(all);
    this.classes = findings.tally(all);
    let untimed: Uint32Array | null = findings.select({ ...this.filter, budget, from: -Infinity, to: Infinity, incident: 0 });
    if (this.filter.text) untimed = await findings.search(untimed, this.filter.text, search.signal);
    if (!untimed || search.signal.aborted) return;
    this.times = Float64Array.from(untimed, (i) => findings.timeOf(i)).filter((t) => !Number.isNaN(t));
    const { from, to, incident } = this.filter;
    const timed = from === -Infinity && to === Infinity ? untimed : untimed.filter((i) => findings.timeOf(i) >= from && findings.timeOf(i) < to);
    this.groups = findings.groups(timed);
    this.rows = findings.sort(incident ? timed.filter((i) => findings.incidentOf(i) === incident) : timed.slice(), this.sort);
    this.requestUpdate();
  }

  // What people do.

  /** Scans files together with those that are there; those that are plugins have a say in it. */
  async scan(files: Iterable<File>): Promise<void> {
    const list = [...files];
    const plugins = list.filter((f) => f.name.endsWith('.wasm'));
    const logs = list.filter((f) => !plugins.includes(f));
    let added = 0;
    for (const plugin of plugins) if (await this.session.addPlugin(plugin)) added++;
    if (logs.length || (added && this.session.files.length)) await this.session.add(logs);
    for (const p of added ? this.session.plugins.slice(-added) : []) {
      const kinds = p.kinds.map((k) => KINDS[k]).join(', ');
      this.session.say(`The plugin ${visible(p.title)} ${visible(p.version)} has a say now: ${kinds || 'in no kind of log that a model is loaded for'}.`);
    }
  }

  private choose(accept: string, multiple: boolean, take: (files: File[]) => void): void {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.multiple = multiple;
    input.onchange = () => take([...(input.files ?? [])]);
    input.click();
  }

  private readonly chooseLogs = () => this.choose('', true, (files) => void this.scan(files));

  private async tryExamples(): Promise<void> {
    try {
      const files = await Promise.all(
        this.examples.split(/\s+/).filter(Boolean).map(async (address) => {
          const response = await fetch(address);
          if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
          return new File([await response.blob()], address.slice(address.lastIndexOf('/') + 1));
        }),
      );
      await this.scan(files);
    } catch (e) {
      this.session.say(`The example logs could not be loaded: ${message(e)}`, true);
    }
  }

  private dragged(e: DragEvent, inside: boolean): void {
    if (!e.dataTransfer?.types.includes('Files')) return;
    if (this.session.live) return;
    e.preventDefault();
    this.dropping = inside;
  }

  private dropped(e: DragEvent): void {
    this.dropping = false;
    const files = [...(e.dataTransfer?.files ?? [])];
    e.preventDefault();
    if (files.length && !this.session.live) void this.scan(files);
  }

  private async open(row: number): Promise<void> {
    this.chosen = row;
    this.explanation = null;
    this.problem = '';
    void this.updateComplete.then(() => this.cover());
    try {
      const x = await this.session.explain(row);
      if (this.chosen === row) this.explanation = x;
    } catch (e) {
      if (this.chosen === row) this.problem = message(e);
    }
  }

  /** Takes the keyboard along where the detail covers the list that it was in. */
  private cover(): void {
    const detail = this.renderRoot.querySelector<ThreatDetail>('tiercel-detail');
    if (detail && detail.offsetWidth >= this.clientWidth && (this.renderRoot as ShadowRoot).activeElement !== detail) detail.focus();
  }

  private close(): void {
    this.chosen = -1;
    this.renderRoot.querySelector<ThreatTable>('tiercel-threats')?.focus();
  }

  private narrow(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
  }

  private incident(id: number): void {
    this.narrow({ incident: id });
    this.tab = 'threats';
    const group = this.groups.find((g) => g.id === id);
    if (group) {
      void this.open(group.row);
      void this.updateComplete.then(() => this.renderRoot.querySelector<ThreatTable>('tiercel-threats')?.goTo(group.row));
    } else this.chosen = -1;
  }

  private typed(e: Event): void {
    clearTimeout(this.typing);
    const text = (e.target as HTMLInputElement).value.trim();
    this.typing = setTimeout(() => {
      this.typing = undefined;
      this.narrow({ text });
    }, TYPING);
  }

  private span(name: 'from' | 'to', e: Event): void {
    const ms = Date.parse((e.target as HTMLInputElement).value + 'Z');
    this.narrow({ [name]: Number.isNaN(ms) ? EVERYTHING[name] : ms });
  }

  private async mark(label: 'threat' | 'benign' | null): Promise<void> {
    if (this.chosen < 0) return;
    const row = this.chosen;
    await this.session.mark(row, label);
    if (this.chosen === row) void this.open(row);
  }

  private async export(format: 'json' | 'csv' | 'html'): Promise<void> {
    try {
      save(await this.session.export(format), `tiercel.${format}`);
    } catch (e) {
      this.session.say(message(e), true);
    }
  }

  private async saveAdaptation(): Promise<void> {
    try {
      save(await this.session.saveAdaptation(), 'tiercel.adaptation');
    } catch (e) {
      this.session.say(message(e), true);
    }
  }

  // What they see.

  protected override render(): TemplateResult {
    const { phase, notices } = this.session;
    return html`
      ${this.bar()}
      ${notices.map((n) => html`<div class="notice ${n.bad ? 'bad' : ''}" role=${n.bad ? 'alert' : 'status'}><span>${n.text}</span><button class="plain" @click=${() => this.session.dismiss(n)}>Dismiss</button></div>`)}
      ${phase === 'scanning' ? this.working() : ''}
      ${phase === 'empty' ? welcome(this.chooseLogs, this.examples ? () => void this.tryExamples() : null) : this.result()}
      <div class="said" role="status" aria-live="polite">${this.spoken()}</div>
      ${this.dropping ? html`<div class="drop" aria-hidden="true">Drop to scan</div>` : ''}`;
  }

  private bar(): TemplateResult {
    const { phase, files, live } = this.session;
    if (live) return following(live);
    return html`<header class="bar">
      <span class="name">${mark(20)}tiercel</span>
      ${files.length ? this.fileMenu() : ''}
      <span class="grow"></span>
      ${phase === 'empty' ? '' : html`<button @click=${this.chooseLogs}>Add logs</button>`}
      ${this.menu('Model', html`
        <button @click=${() => this.choose('.wasm', true, (files) => void this.scan(files))}>Add a plugin (.wasm)</button>
        <hr>
        <button ?disabled=${!this.session.taught} @click=${() => void this.session.undo()}>Undo the last label</button>
        <button ?disabled=${!this.session.taught} @click=${() => void this.saveAdaptation()}>Save the adapted model</button>
        <button @click=${() => this.choose('', false, ([file]) => file && void this.session.loadAdaptation(file))}>Load an adapted model</button>
        <p>${this.session.taught ? `${many(this.session.taught, 'label')} adapt the scores.` : 'Label threats to adapt the scores to your site.'}</p>
        ${this.session.plugins.map((p) => html`<p>Plugin: ${visible(p.title)} ${visible(p.version)}</p>`)}
        ${this.session.plugins.length ? html`<button @click=${() => void this.session.removePlugins()}>Remove plugins</button>` : ''}
        ${this.session.models.map((m) => html`<p>${visible(m.name)}: ${many(m.learners.length, 'learner')}</p>`)}`)}
      ${phase === 'empty' ? '' : this.menu('Export', html`
        <button @click=${() => void this.export('html')}>Report (HTML, one file)</button>
        <button @click=${() => void this.export('csv')}>Threats as CSV</button>
        <button @click=${() => void this.export('json')}>Threats as JSON</button>
        <p>All ${many(this.within, 'threat')} within the budget; the file stays on your machine.</p>`)}
      ${phase === 'empty' ? '' : html`<button class="plain" @click=${() => this.session.clear()}>Clear</button>`}
    </header>`;
  }

  private menu(title: string, content: TemplateResult): TemplateResult {
    return html`<details class="menu" @keydown=${closeByKey} @focusout=${closeByFocus} @click=${closeByChoice}><summary>${title}</summary><div class="panel">${content}</div></details>`;
  }

  private fileMenu(): TemplateResult {
    const { files, summary, formats } = this.session;
    const size = files.reduce((n, f) => n + f.size, 0);
    return html`<details class="menu files" @keydown=${closeByKey} @focusout=${closeByFocus}>
      <summary>${files.length === 1 ? visible(files[0]!.name) : many(files.length, 'log')} <span class="muted">${bytes(size)}</span></summary>
      <div class="panel">
        ${files.map((file) => {
          const s = summary.find((x) => x.file === file.name);
          const f = formats.get(file.name);
          return html`<div class="file">
            <strong>${visible(file.name)}</strong>
            <span class="muted">${f ? `${visible(f.format)}: ${visible(f.why)}` : this.session.phase === 'done' ? 'not read' : 'not read yet'}${s ? html`<br>${many(s.records, 'record')}, ${many(s.threats, 'threat')}${s.unread ? `, ${count(s.unread)} not readable` : ''}` : ''}
              ${s?.reasons.slice(0, 5).map((r) => html`<br>${many(r.records, 'record')}: ${visible(r.reason)}, first in line ${count(r.firstLine)}`)}</span>
            <button class="plain" aria-label="Remove ${visible(file.name)}" @click=${() => void this.session.remove(file)}>Remove</button>
          </div>`;
        })}
        <label>Read as <select @change=${(e: Event) => void this.session.readAs((e.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${!this.session.format}>what the content says</option>
          ${this.session.known.map((f) => html`<option value=${f.name} ?selected=${this.session.format === f.name}>${f.title}</option>`)}
        </select></label>
      </div>
    </details>`;
  }

  private working(): TemplateResult {
    const p = this.session.progress;
    return html`<div class="working">
      <span class="what">Reading ${p ? visible(p.file) : '…'}</span>
      <progress max="1" .value=${p?.total ? p.done / p.total : 0} aria-label="Part of the logs that was read"></progress>
      ${p ? html`<span class="muted">${p.total ? `${bytes(p.done)} of ${bytes(p.total)}, ` : `${bytes(p.done)}, `}${bytes(p.rate)}/s${Number.isFinite(p.left) ? html`<span class="wide">, ${duration(p.left)} left</span>` : ''}</span>` : ''}
      <button @click=${() => this.session.cancel()}>Cancel</button>
    </div>`;
  }

  private result(): TemplateResult {
    const { session: s } = this;
    const records = s.summary.reduce((n, x) => n + x.records, 0);
    const unread = s.summary.reduce((n, x) => n + x.unread, 0);
    const open = this.chosen >= 0;
    const none = s.live ? 'None yet.' : s.phase === 'scanning' ? 'None so far.' : records ? 'None at this budget.' : 'No records were read.';
    return html`
      <section class="strip" aria-label="Overview">
        <div>
          <div class="figure"><b>${count(this.groups.length)}</b> incident${this.groups.length === 1 ? '' : 's'}</div>
          <div class="levels">${[4, 3, 2, 1].map((level) => {
            const n = this.groups.filter((g) => g.severity === level).length;
            return n ? html`${severity(level)}<span>${count(n)}</span>` : '';
          })}</div>
          <div class="muted">${records ? `${many(records, 'record')} read${unread ? `, ${count(unread)} not readable` : ''}` : ''}</div>
        </div>
        <tiercel-timeline class="time" .timeline=${s.timeline} .times=${this.times} .from=${this.filter.from} .to=${this.filter.to} .theme=${this.theme}
          @range=${(e: CustomEvent<{ from: number; to: number } | null>) => this.narrow(e.detail ?? { from: -Infinity, to: Infinity })}></tiercel-timeline>
        ${s.live ? '' : html`<tiercel-budget .budget=${s.budget} .threats=${this.within} .incidents=${this.incidents} .daily=${s.daily} .site=${s.site}
          @budget=${(e: CustomEvent<number>) => s.setBudget(e.detail)} @site=${(e: CustomEvent<boolean>) => void s.learnSite(e.detail)}></tiercel-budget>`}
      </section>
      ${this.filters()}
      <div class="tabs" role="group" aria-label="List to show">
        <button aria-pressed=${String(this.tab === 'incidents')} @click=${() => (this.tab = 'incidents')}>Incidents</button>
        <button aria-pressed=${String(this.tab === 'threats')} @click=${() => (this.tab = 'threats')}>Threats</button>
      </div>
      <div class="lists ${open ? 'open' : ''}">
        <section class="pane ${this.tab === 'incidents' ? '' : 'away'}" aria-label="Incidents, worst first">
          <h2><span>Incidents, worst first</span></h2>
          <tiercel-incidents .groups=${this.groups} .chosen=${this.filter.incident} .none=${none} @incident=${(e: CustomEvent<number>) => this.incident(e.detail)}></tiercel-incidents>
        </section>
        <section class="pane ${this.tab === 'threats' ? '' : 'away'}" aria-label="Threats">
          <tiercel-threats .findings=${s.findings} .rows=${this.rows} .sort=${this.sort} .chosen=${this.chosen} .version=${this.version} .labels=${s.labels} .none=${this.within ? 'No threat passes the filters.' : none}
            @choose=${(e: CustomEvent<number>) => void this.open(e.detail)} @sort=${(e: CustomEvent<Sort>) => (this.sort = e.detail)}
            @mark=${(e: CustomEvent<'threat' | 'benign'>) => void this.mark(e.detail)}></tiercel-threats>
        </section>
        ${open ? this.detail() : ''}
      </div>`;
  }

  private filters(): TemplateResult {
    const f = this.filter;
    const any = f !== EVERYTHING && JSON.stringify(f) !== JSON.stringify(EVERYTHING);
    const local = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 19) : '');
    return html`<div class="filters" role="search" aria-label="Filter the threats">
      <input type="search" placeholder="Find in the records" aria-label="Find in the records" @input=${this.typed}>
      <select aria-label="Class" @change=${(e: Event) => this.narrow({ class: (e.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!f.class}>All classes</option>
        ${this.classes.map(([name, n]) => html`<option value=${name} ?selected=${f.class === name}>${classTitle(name)} (${count(n)})</option>`)}
      </select>
      <input class="source" type="text" placeholder="Source" aria-label="Source" .value=${visible(f.entity)} @change=${(e: Event) => this.narrow({ entity: (e.target as HTMLInputElement).value.trim() })}>
      <details class="menu period" @keydown=${closeByKey} @focusout=${closeByFocus}>
        <summary>${f.from === -Infinity && f.to === Infinity ? 'Any time' : span(Math.max(f.from, -8e15), Math.min(f.to, 8e15))}</summary>
        <div class="panel">
          <label>From <input type="datetime-local" step="1" aria-label="From, UTC" .value=${local(f.from)} @change=${(e: Event) => this.span('from', e)}></label>
          <label>To <input type="datetime-local" step="1" aria-label="To, UTC" .value=${local(f.to)} @change=${(e: Event) => this.span('to', e)}></label>
          <p>UTC. Dragging over the timeline chooses a time too.</p>
          <button ?disabled=${f.from === -Infinity && f.to === Infinity} @click=${() => this.narrow({ from: -Infinity, to: Infinity })}>Any time</button>
        </div>
      </details>
      ${any ? html`<button @click=${() => (this.filter = EVERYTHING)}>Clear filters</button>` : ''}
      <span class="shown">${this.rows.length === this.within ? many(this.within, 'threat') : `${count(this.rows.length)} of ${many(this.within, 'threat')}`}</span>
    </div>`;
  }

  private detail(): TemplateResult {
    const { findings, labels, moved } = this.session;
    const i = this.chosen;
    return html`<tiercel-detail class="pane detail" role="complementary" aria-label="Threat" .row=${findings.row(i)}
      .standing=${{ severity: findings.severityOf(i), score: findings.scoreOf(i), rate: findings.rateOf(i), time: findings.timeOf(i), class: findings.classOf(i), entity: findings.entityOf(i) }}
      .earlier=${moved.get(i) ?? null} .explanation=${this.explanation} .problem=${this.problem} .label=${labels.get(i) ?? null} .labels=${true} .site=${this.session.site}
      @close=${this.close} @mark=${(e: CustomEvent<'threat' | 'benign' | null>) => void this.mark(e.detail)}
      @entity=${(e: CustomEvent<string>) => this.narrow({ entity: e.detail, incident: 0 })}></tiercel-detail>`;
  }

  private spoken(): string {
    const { phase } = this.session;
    if (phase === 'empty') return '';
    if (phase === 'scanning') return 'Scanning';
    return `${many(this.groups.length, 'incident')}, ${many(this.rows.length, 'threat')} shown`;
  }

  /** Moves the keyboard to the open detail. */
  focusDetail(): void {
    this.renderRoot.querySelector<ThreatDetail>('tiercel-detail')?.focus();
  }
}

/** Has the browser save a file. */
function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function closeByKey(e: KeyboardEvent): void {
  if (e.key !== 'Escape') return;
  const menu = e.currentTarget as HTMLDetailsElement;
  menu.open = false;
  menu.querySelector('summary')!.focus();
  e.stopPropagation();
}

function closeByFocus(e: FocusEvent): void {
  const menu = e.currentTarget as HTMLDetailsElement;
  if (!menu.contains(e.relatedTarget as Node | null) && e.relatedTarget) menu.open = false;
}

function closeByChoice(e: Event): void {
  if ((e.target as HTMLElement).closest('button')) (e.currentTarget as HTMLDetailsElement).open = false;
}
