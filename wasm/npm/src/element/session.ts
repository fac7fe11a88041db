/**
 * What the console is about, without a pixel of it: the engine, the logs that
 * were given, the scan that runs and what it found. Whoever shows it is told
 * when something changed.
 */
import { Tiercel, type Explanation, type FileSummary, type Format, type LoadOptions, type Model, type Plugin, type Progress, type Timeline } from '../index.js';
import { DEFAULT_BUDGET, WIDEST } from './budget.js';
import { Findings } from './findings.js';
import { Live, LiveRow, type LiveRows } from './live.js';
import { many, message, visible } from './text.js';

export type Phase = 'empty' | 'scanning' | 'done' | 'live';

/** Something that went wrong, or that was done, told until it is put away. */
export interface Notice {
  text: string;
  bad: boolean;
}

export type Label = 'threat' | 'benign';

/** Milliseconds between two pictures of a scan that runs, at least; drawing takes at most a share of the time. */
const PICTURE = 200;
const SHARE = 1 / 8;

/** Threats of a service that are kept, the latest; twice as many before the others are let go. */
const KEPT = 10_000;

export class Session {
  phase: Phase = 'empty';
  files: File[] = [];
  progress: Progress | null = null;
  findings = new Findings();
  timeline: Timeline | null = null;
  summary: FileSummary[] = [];
  models: readonly Model[] = [];
  notices: Notice[] = [];
  /** What was taken for each file, and why. */
  readonly formats = new Map<string, { format: string; why: string }>();
  plugins: readonly Plugin[] = [];
  /** The formats that can be read, once the engine is there. */
  known: readonly Format[] = [];
  budget = DEFAULT_BUDGET;
  /** Format to read all files in; '' detects it. */
  format = '';
  /** Whether scans learn what is normal in the logs while they read them. */
  site = false;
  private engine: Promise<Tiercel> | null = null;
  private stopping: AbortController | null = null;
  private running: Promise<void> = Promise.resolve();
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly options: () => LoadOptions,
    private readonly changed: () => void,
  ) {}

  /** The engine, loaded when it is first needed; a failure may be tried again. */
  load(): Promise<Tiercel> {
    this.engine ??= Tiercel.load(this.options()).then(
      (t) => {
        this.models = t.models;
        void t.formats().then((known) => (this.known = known), () => {});
        return t;
      },
      (e) => {
        this.engine = null;
        throw e;
      },
    );
    return this.engine;
  }

  /** The service that is followed; null where logs are scanned. */
  live: Live | null = null;
  /** Rows that were let go of the findings of a service; those after them have moved up. */
  gone = 0;

  /** Shows the threats of a service as they come, instead of those of logs; '' ends it. */
  follow(address: string): void {
    if (address === (this.live?.address ?? '')) return;
    this.cancel();
    this.live?.close();
    this.reset();
    this.files = [];
    this.phase = address ? 'live' : 'empty';
    this.budget = address ? 1 : DEFAULT_BUDGET; // the service has kept to its own
    this.live = address ? new Live(address, (rows) => this.came(rows), this.changed) : null;
    this.changed();
  }

  private came(rows: LiveRows): void {
    this.findings.add(rows);
    if (this.findings.length > 2 * KEPT) {
      const kept = this.findings.latest(KEPT);
      const n = this.findings.length - kept.length;
      const labels = [...this.labels].filter(([i]) => i >= n);
      this.labels.clear();
      for (const [i, label] of labels) this.labels.set(i - n, label);
      this.findings = kept;
      this.gone += n;
    }
    this.changed();
  }

  /** Scans the files together with those that are there already. */
  add(files: readonly File[]): Promise<void> {
    return this.scan([...this.files, ...files]);
  }

  remove(file: File): Promise<void> {
    return this.scan(this.files.filter((f) => f !== file));
  }

  /** Scans files as one pass, after giving up the one that runs. */
  scan(files: readonly File[]): Promise<void> {
    this.cancel();
    this.files = distinct(files);
    this.running = this.running.then(() => this.run(this.files));
    return this.running;
  }

  /** Reads all files again in a format; '' detects it. */
  readAs(format: string): Promise<void> {
    this.format = format;
    return this.scan(this.files);
  }

  /** Reads all files again, learning the site or not. */
  learnSite(site: boolean): Promise<void> {
    this.site = site;
    return this.scan(this.files);
  }

  cancel(): void {
    this.stopping?.abort();
  }

  /** Forgets logs and findings; labels and plugins stay. */
  clear(): void {
    this.cancel();
    this.running = this.running.then(() => {
      this.reset();
      this.files = [];
      this.phase = 'empty';
      this.changed();
    });
  }

  private reset(): void {
    this.findings = new Findings();
    this.timeline = null;
    this.summary = [];
    this.progress = null;
    this.formats.clear();
    this.labels.clear(); // the engine keeps them, which rows they were of is not known any more
    this.moved.clear();
    this.notices = [];
  }

  private async run(files: readonly File[]): Promise<void> {
    if (files !== this.files) return; // others were given since
    this.reset();
    this.phase = files.length ? 'scanning' : 'empty';
    this.changed();
    if (!files.length) return;
    const stop = (this.stopping = new AbortController());
    let t: Tiercel;
    try {
      t = await this.load();
    } catch (e) {
      this.phase = 'empty';
      return this.say(`The engine could not be loaded: ${message(e)}`, true);
    }
    let next = performance.now() + PICTURE;
    const picture = () => {
      const now = performance.now();
      if (now < next) return;
      this.changed();
      next = now + Math.max(PICTURE, (performance.now() - now) / SHARE);
    };
    try {
      const onProgress = (p: Progress) => {
        this.progress = p;
        this.formats.set(p.file, { format: p.format, why: p.why });
        picture();
      };
      for await (const part of t.scan([...files], {
        budget: this.budget, widest: WIDEST, site: this.site, signal: stop.signal, onProgress, ...(this.format ? { format: this.format } : {}),
      })) {
        this.findings.add(part);
        picture();
      }
    } catch (e) {
      if (stop.signal.aborted) this.notices.push({ text: 'Cancelled: what was read until then is shown.', bad: false });
      else for (const text of (e instanceof Error ? e.message : String(e)).split('\n')) this.notices.push({ text: message(text), bad: true });
    }
    await this.report(t);
    this.phase = 'done';
    this.changed();
  }

  /** Takes over what the engine says of the scan as a whole. */
  private async report(t: Tiercel): Promise<void> {
    try {
      this.timeline = t.timeline();
      this.summary = t.summary();
    } catch {
      this.timeline = null; // the scan ended before it began
    }
    if (this.plugins.length === 0) return;
    for (const f of await t.faults()) this.notices.push({ text: `The plugin ${visible(f.plugin)} failed ${many(f.times, 'time')}: ${visible(f.reason)}.`, bad: true });
  }

  /** Shows the effect of a budget at once, and has the engine judge again when it is let go. */
  setBudget(share: number): void {
    this.budget = share;
    clearTimeout(this.settling);
    if (this.phase === 'done') this.settling = setTimeout(() => void this.judge(), 120);
    this.changed();
  }

  private async judge(): Promise<void> {
    try {
      const t = await this.load();
      await t.setBudget(this.budget);
      this.findings.refresh();
      this.changed();
    } catch (e) {
      this.say(message(e), true);
    }
  }

  /** Labels of rows of these findings, in the order in which they were given. */
  readonly labels = new Map<number, Label>();
  /** Scores before the latest label, of rows whose score it moved. */
  readonly moved = new Map<number, number>();
  /** Labels in force in the engine: those that were loaded, and those of logs before, too. */
  taught = 0;

  /** Labels a row, or takes its label back with null. */
  async mark(i: number, label: Label | null): Promise<void> {
    const row = this.findings.row(i);
    if (row instanceof LiveRow) return this.send(row, i, label);
    await this.teach(async (t) => {
      await this.unmark(t, i);
      if (label) await this.tell(t, i, label);
    });
  }

  /** Labels a threat of a service, which learns it for all that comes. */
  private async send(row: LiveRow, i: number, label: Label | null): Promise<void> {
    if (!label) return this.say('A service keeps its labels: give the other one to put it right.');
    const gone = this.gone;
    try {
      await this.live!.label(row, label === 'threat');
      this.labels.set(i - (this.gone - gone), label);
      this.changed();
    } catch (e) {
      this.say(message(e), true);
    }
  }

  private async tell(t: Tiercel, i: number, label: Label): Promise<void> {
    const row = this.findings.row(i);
    if (row instanceof LiveRow) return;
    const input = this.files.find((f) => f.name === row.file);
    await t.label(row, label, input ? { input } : {});
    this.labels.set(i, label);
  }

  /** Takes a label back: those after it are taken back too, and given again. */
  private async unmark(t: Tiercel, i: number): Promise<void> {
    if (!this.labels.has(i)) return;
    const given = [...this.labels];
    const after = given.slice(given.findIndex(([row]) => row === i));
    for (const [row] of after) {
      await t.undo();
      this.labels.delete(row);
    }
    for (const [row, label] of after.slice(1)) await this.tell(t, row, label);
  }

  /** Takes the latest label, or the latest loading of labels, back. */
  async undo(): Promise<void> {
    await this.teach(async (t) => {
      if (!(await t.undo())) throw new Error('there is no label to take back');
      const last = [...this.labels.keys()].at(-1);
      if (last !== undefined) this.labels.delete(last);
    });
  }

  async saveAdaptation(): Promise<Blob> {
    return new Blob([(await (await this.load()).saveAdaptation()) as Uint8Array<ArrayBuffer>]);
  }

  async loadAdaptation(file: File): Promise<void> {
    const done = await this.teach(async (t) => {
      await t.loadAdaptation(await file.arrayBuffer());
      this.labels.clear();
    });
    if (done) this.say(`${visible(file.name)}: ${many(this.taught, 'label')} in force.`);
  }

  /** Has the engine learn, scores the findings again and notes what moved. */
  private async teach(learn: (t: Tiercel) => Promise<unknown>): Promise<boolean> {
    try {
      const t = await this.load();
      await learn(t);
      this.taught = (await t.labels()).length;
      if (this.phase === 'done') {
        const before = Float64Array.from({ length: this.findings.length }, (_, i) => this.findings.scoreOf(i));
        await t.rescore();
        this.findings.refresh();
        this.moved.clear();
        before.forEach((score, i) => score !== this.findings.scoreOf(i) && this.moved.set(i, score));
      }
      this.changed();
      return true;
    } catch (e) {
      this.say(message(e), true);
      return false;
    }
  }

  /** Adds a base learner of a third party to later scans; false where it is refused. */
  async addPlugin(file: File): Promise<boolean> {
    try {
      const t = await this.load();
      this.plugins = [...this.plugins, await t.addPlugin(await file.arrayBuffer())];
      this.changed();
      return true;
    } catch (e) {
      this.say(`${visible(file.name)} was not added: ${message(e)}`, true);
      return false;
    }
  }

  /** Takes all plugins away, and scans again without them. */
  async removePlugins(): Promise<void> {
    await (await this.load()).removePlugins();
    this.plugins = [];
    await this.scan(this.files);
  }

  /** Why a threat is one; null for those of a service, which keeps its reasons. */
  async explain(i: number): Promise<Explanation | null> {
    const row = this.findings.row(i);
    if (row instanceof LiveRow) return null;
    const t = await this.load();
    return t.explain(this.files.find((f) => f.name === row.file) ?? null, row);
  }

  /** The threats under the budget, as a file to save. */
  async export(format: 'json' | 'csv' | 'html'): Promise<Blob> {
    clearTimeout(this.settling);
    await this.judge();
    return (await this.load()).export(format);
  }

  /** Events a day of those times in which there were events; 0 when the logs have no times. */
  get daily(): number {
    const t = this.timeline;
    if (!t) return 0;
    const busy = t.events.filter((n) => n > 0);
    const days = (busy.length * Number(t.width)) / 86_400e9;
    return days > 0 ? busy.reduce((a, b) => a + b, 0) / Math.max(days, 1 / 24) : 0;
  }

  say(text: string, bad = false): void {
    this.notices = [...this.notices.filter((n) => n.text !== text), { text, bad }].slice(-4);
    this.changed();
  }

  dismiss(notice: Notice): void {
    this.notices = this.notices.filter((n) => n !== notice);
    this.changed();
  }

  async close(): Promise<void> {
    this.cancel();
    this.follow('');
    const engine = this.engine;
    this.engine = null;
    await (await engine?.catch(() => null))?.close();
  }
}

/** Files of one name are told apart: rows name their file. */
function distinct(files: readonly File[]): File[] {
  const names = new Set<string>();
  return files.map((file) => {
    let name = file.name || 'log';
    for (let n = 2; names.has(name); n++) name = `${file.name} (${n})`;
    names.add(name);
    return name === file.name ? file : new File([file], name, { lastModified: file.lastModified });
  });
}
