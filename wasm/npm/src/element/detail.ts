import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Certified, Explanation } from '../index.js';
import { looks } from './detail-styles.js';
import type { Threat } from './findings.js';
import { WIDEST } from './budget.js';
import { severity, severityStyles } from './severity.js';
import { base } from './styles.js';
import { classTitle, clock, count, find, KINDS, many, rarity, runs, visible } from './text.js';
import { fullness, learnerTitle, tiers } from './tiers.js';

/** What of a row labels may have moved. */
export interface Standing {
  severity: number;
  score: number;
  rate: number;
  time: number;
  class: string;
  entity: string;
}

/** Reasons that are told above the fold, and those of each learner. */
const TOLD = 4;

/**
 * The whole way of one threat: the record with the pieces that mattered marked,
 * the decoded values, each learner's part and the weights of the tiers. Events:
 * `close`, `mark` with 'threat', 'benign' or null, `entity` with the source to filter by.
 */
export class ThreatDetail extends LitElement {
  static override properties = {
    row: { attribute: false },
    standing: { attribute: false },
    earlier: { attribute: false },
    explanation: { attribute: false },
    problem: { attribute: false },
    label: { attribute: false },
    labels: { attribute: false },
    site: { attribute: false },
  };
  declare row: Threat;
  declare standing: Standing;
  /** The score before the latest label; null when it did not move. */
  declare earlier: number | null;
  /** Null while it is being made. */
  declare explanation: Explanation | null;
  declare problem: string;
  declare label: 'threat' | 'benign' | null;
  /** Whether labels can be given. */
  declare labels: boolean;
  /** Whether the scan learnt what is normal in the logs. */
  declare site: boolean;

  static override styles = [base, severityStyles, looks];

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.body')?.focus();
  }

  private key(e: KeyboardEvent): void {
    if (e.key === 'Escape') this.tell('close');
    else if ((e.key === 't' || e.key === 'b') && !e.ctrlKey && !e.metaKey && !e.altKey) this.tell('mark', e.key === 't' ? 'threat' : 'benign');
    else return;
    e.preventDefault();
  }

  protected override render(): TemplateResult {
    const { row, standing: s } = this;
    return html`<header @keydown=${this.key}>
        <div class="top">
          <h2>${classTitle(s.class)}</h2>
          ${severity(s.severity)}
          <button class="plain close" aria-label="Close the detail" title="Close (Esc)" @click=${() => this.tell('close')}><span aria-hidden="true">✕</span></button>
        </div>
        <div class="facts">
          ${s.entity ? html`<button class="link mono" title="Show only this source" @click=${() => this.tell('entity', s.entity)}>${visible(s.entity)}</button>` : ''}
          <span class="muted">${clock(s.time)}</span>
          <span class="muted">${KINDS[row.kind]} · ${visible(row.file)}, line ${count(row.line)}</span>
          ${row.technique.map((t) => html`<span class="chip" title="MITRE ATT&CK technique">${visible(t)}</span>`)}
        </div>
        <div class="facts rare">
          <span title="Share of normal events that score at least this high">Among normal events${this.site ? ' of this site' : ''} <strong>${rarity(s.rate)}</strong> scores this high</span>
          <span class="muted">score ${this.earlier === null ? '' : html`${this.earlier.toFixed(4)} → `}${s.score.toFixed(4)}</span>
          ${survives(row.certified)}
        </div>
        ${this.labels
          ? html`<div class="judge" role="group" aria-label="Your judgement">
              <button aria-pressed=${String(this.label === 'threat')} title="It is a threat (t)" @click=${() => this.tell('mark', this.label === 'threat' ? null : 'threat')}>Threat</button>
              <button aria-pressed=${String(this.label === 'benign')} title="It is harmless (b)" @click=${() => this.tell('mark', this.label === 'benign' ? null : 'benign')}>Benign</button>
              <span class="muted">${this.label ? `You called it ${this.label === 'threat' ? 'a threat' : 'benign'}` : 'Your judgement adapts the scores'}</span>
            </div>`
          : ''}
      </header>
      <div class="body" tabindex="0" role="region" aria-label="Why this verdict" @keydown=${this.key}>
        ${this.problem ? html`<section role="alert">${this.problem}</section>` : this.explanation ? this.explained(this.explanation) : this.record([])}
      </div>`;
  }

  private explained(x: Explanation): TemplateResult {
    if (x.error) return html`<section>${visible(x.error)}</section>${this.record([])}`;
    // what the learners say of a record that only the site finds odd explains nothing
    const elsewhere = this.site && x.falseAlarmRate > WIDEST;
    const marked = elsewhere ? [] : x.values.filter((v) => v.marks.length > 0);
    const others = x.values.filter((v) => !marked.includes(v));
    const because = elsewhere ? ['the request is unlike the others of this site'] : topReasons(x);
    return html`
      ${because.length ? html`<section><h3>What weighed most</h3><ul class="because">${because.map((r) => html`<li><span>${visible(r)}</span></li>`)}</ul></section>` : ''}
      ${marked.length ? html`<section><h3>Decoded text, with the pieces that mattered</h3>${marked.map((v) => value(v))}</section>` : ''}
      ${this.record(marked.map((v) => v.raw))}
      ${this.site ? html`<section><h3>What the site’s own logs say</h3><p>${ofSite(x.falseAlarmRate, this.standing.rate)}</p></section>` : ''}
      <section><h3>How the tiers judged</h3>${tiers(x)}</section>
      ${x.adapted && x.adapted.labels ? html`<section><h3>What your labels did</h3><p>${adapted(x.adapted)}</p></section>` : ''}
      <section>
        <h3>Each learner’s part</h3>
        <table>
          <thead><tr><th>Learner and its reasons</th><th class="number">Rarity</th><th class="number">Score</th></tr></thead>
          <tbody>${[...x.learners].sort((a, b) => Number(a.missing) - Number(b.missing) || a.tail - b.tail).map((l) => learner(l))}</tbody>
        </table>
      </section>
      <details>
        <summary>${many(x.fields.length, 'field')} of the record${others.length ? `, ${many(others.length, 'unremarkable text')}` : ''}</summary>
        <dl>${x.fields.map((f) => html`<dt>${visible(f.name)}</dt><dd>${visible(f.value)}</dd>`)}</dl>
        ${others.map((v) => value(v))}
      </details>
      <details>
        <summary>${many(x.features.length, 'feature')} that learners see</summary>
        <dl>${x.features.map((f) => html`<dt>${visible(f.name)}</dt><dd>${Number(f.value.toPrecision(5))}</dd>`)}</dl>
      </details>`;
  }

  private record(pieces: readonly string[]): TemplateResult {
    const raw = this.row.raw;
    return html`<section><h3>Record</h3>${passage('Record', raw, find(raw, pieces))}</section>`;
  }
}

/** Reasons of the learners that find the record rarest, each text once. */
export function topReasons(x: Explanation): string[] {
  const out: string[] = [];
  const loud = x.learners.filter((l) => !l.missing).sort((a, b) => a.tail - b.tail);
  for (const l of loud.slice(0, 3)) {
    let taken = 0;
    for (const r of l.reasons) {
      if (r.weight <= 0 || out.includes(r.text) || taken === 2) continue;
      out.push(r.text);
      taken++;
    }
  }
  return out.slice(0, TOLD);
}

function marks(text: string, ranges: readonly (readonly [number, number])[]): TemplateResult[] {
  return runs(text, ranges).map((r) => (r.marked ? html`<mark>${visible(r.text)}</mark>` : html`${visible(r.text)}`));
}

/** What the alert is proven to survive: see Certified. */
function survives(c: Certified | null): TemplateResult | '' {
  if (!c) return '';
  const what = [c.padding ? 'any padding' : '', c.insertions ? many(c.insertions, 'insertion') : '', c.learners ? many(c.learners, 'bad learner') : ''].filter(Boolean);
  return what.length ? html`<span class="muted">proven to survive ${what.join(', ')}</span>` : '';
}

function adapted(a: NonNullable<Explanation['adapted']>): string {
  const way = a.move < 0 ? 'lowered' : 'raised';
  return `${many(a.labels, 'label')} ${way} this score by ${Math.abs(a.move).toFixed(2)} of log-odds; they may move it by ${a.bound.toFixed(1)} at most.`;
}

/** What learning the site made of the model's rate. */
function ofSite(model: number, site: number): string {
  const ratio = model / site;
  const here = ratio > 1.5 ? 'It is rarer here' : ratio < 1 / 1.5 ? 'It is more usual here' : 'It is as rare here';
  return `${here}: ${rarity(site)} in these logs, ${rarity(model)} elsewhere.`;
}

/** Characters of a text that may need to be scrolled, which must be possible by the keyboard. */
const LONG = 300;

function passage(label: string, text: string, marked: Parameters<typeof marks>[1]): TemplateResult {
  const long = text.length > LONG || text.split('\n', 8).length === 8;
  return html`<div class="text" dir="ltr" role=${long ? 'group' : nothing} aria-label=${long ? label : nothing} tabindex=${long ? '0' : nothing}>${marks(text, marked)}</div>`;
}

function value(v: Explanation['values'][number]): TemplateResult {
  const decoded = v.levels > 0 ? `decoded ${v.levels === 1 ? 'once' : v.levels === 2 ? 'twice' : `${v.levels} times`}` : '';
  return html`<div class="value">
    <div class="origin"><span>${visible(v.origin)}${v.name ? html` <strong>${visible(v.name)}</strong>` : ''}</span><span>${decoded}</span></div>
    ${passage('Decoded text', v.decoded, v.marks)}
  </div>`;
}

function learner(l: Explanation['learners'][number]): TemplateResult {
  const reasons = l.reasons.slice(0, TOLD).map((r) => `${visible(r.text)} ${r.weight < 0 ? '−' : '+'}${Math.abs(r.weight).toPrecision(2)}`);
  return html`<tr class=${!l.missing && fullness(l.tail) >= 0.5 ? 'loud' : ''}>
    <th scope="row">${learnerTitle(l)}${reasons.length ? html`<div class="reasons">${reasons.join(' · ')}</div>` : ''}</th>
    <td class="number">${l.missing ? 'says nothing' : rarity(l.tail)}</td>
    <td class="number">${l.missing ? '' : l.p.toFixed(3)}</td>
  </tr>`;
}
