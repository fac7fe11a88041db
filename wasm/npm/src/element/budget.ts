import { css, html, LitElement, type TemplateResult } from 'lit';
import { base } from './styles.js';
import { many, percent } from './text.js';

/** The budgets that can be set: one in 100,000 normal events to one in a hundred. */
export const WIDEST = 0.01;
export const DEFAULT_BUDGET = 0.001;
const DECADES = 3;
const STEPS = 60;

/** What learning the site does: told beside the switch, for those who cannot point at it too. */
const LEARNS = 'Reads again and shows what is odd for these logs.';

/** A position of the slider as a share, rounded to two digits: 0.0013. */
function shareAt(step: number): number {
  return Number((WIDEST * 10 ** ((step / STEPS - 1) * DECADES)).toPrecision(2));
}

function stepAt(share: number): number {
  return Math.round((Math.log10(share / WIDEST) / DECADES + 1) * STEPS);
}

/**
 * How many false alarms can be borne, and of whose normal events. Events: `budget`
 * with the share of normal events, `site` with whether scans learn them from the logs.
 */
export class BudgetControl extends LitElement {
  static override properties = { budget: { type: Number }, threats: { type: Number }, incidents: { type: Number }, daily: { type: Number }, site: { type: Boolean } };
  declare budget: number;
  /** What passes the budget now. */
  declare threats: number;
  declare incidents: number;
  /** Events a day in these logs; 0 when not known. */
  declare daily: number;
  /** Whether the logs say what is normal. */
  declare site: boolean;

  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      label[for='share'] {
        display: flex;
        justify-content: space-between;
        gap: 12px;
        font-weight: 600;
      }
      input[type='range'] {
        display: block;
        width: 100%;
        margin: 5px 0 4px;
        height: 18px;
      }
      label[for='site'] {
        display: flex;
        align-items: center;
        gap: 6px;
        margin-top: 6px;
        font-size: 12px;
      }
      label[for='site'] input {
        margin: 0;
        accent-color: var(--accent);
      }
      .effect > *,
      .help {
        display: block;
        font-size: 12px;
        color: var(--muted);
      }
      .help {
        margin: 2px 0 0;
        line-height: 1.35;
      }
      .effect strong {
        color: var(--ink);
        font-weight: 500;
      }
    `,
  ];

  constructor() {
    super();
    this.budget = DEFAULT_BUDGET;
    this.threats = 0;
    this.incidents = 0;
    this.daily = 0;
    this.site = false;
  }

  private change(e: Event): void {
    this.dispatchEvent(new CustomEvent('budget', { detail: shareAt(Number((e.target as HTMLInputElement).value)) }));
  }

  private learn(e: Event): void {
    this.dispatchEvent(new CustomEvent('site', { detail: (e.target as HTMLInputElement).checked }));
  }

  private get spoken(): string {
    return `${percent(this.budget)} of normal events: ${many(this.threats, 'threat')}, ${many(this.incidents, 'incident')}`;
  }

  protected override render(): TemplateResult {
    const alarms = this.daily * this.budget;
    const told = alarms >= 1.5 ? `about ${many(Math.round(alarms), 'false alarm')} a day` : alarms > 0 ? `about one false alarm in ${many(Math.max(Math.round(1 / alarms), 1), 'day')}` : '';
    return html`<label for="share"><span>False-alarm budget</span><output for="share">${percent(this.budget)}</output></label>
      <input id="share" type="range" min="0" max=${STEPS} step="1" .value=${String(stepAt(this.budget))} aria-valuetext=${this.spoken} @input=${this.change}>
      <div class="effect"><strong>${many(this.threats, 'threat')}, ${many(this.incidents, 'incident')}</strong><span>${told || 'share of normal events that may alarm'}</span></div>
      <label for="site"><input id="site" type="checkbox" .checked=${this.site} aria-describedby="learns" @change=${this.learn}>Learn what is normal here</label>
      <p class="help" id="learns">${LEARNS}</p>`;
  }
}
