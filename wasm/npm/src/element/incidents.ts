import { css, html, LitElement, type TemplateResult } from 'lit';
import type { Group } from './findings.js';
import { severity, severityStyles } from './severity.js';
import { base } from './styles.js';
import { classTitle, count, KINDS, many, span, visible } from './text.js';

/** Incidents that are drawn at once; the filters narrow down to the others. */
const DRAWN = 300;

/** Incidents, worst first. Event: `incident` with the id of the one to show alone, 0 for all. */
export class IncidentList extends LitElement {
  static override properties = { groups: { attribute: false }, chosen: { attribute: false }, none: { attribute: false } };
  declare groups: Group[];
  declare chosen: number;
  /** What is said where there are none. */
  declare none: string;

  static override styles = [
    base,
    severityStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      ol {
        flex: 1;
        min-height: 0;
        overflow: auto;
      }
      button {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 1px 8px;
        width: 100%;
        min-height: 0;
        padding: 9px 14px;
        border: 0;
        border-bottom: 1px solid var(--line);
        border-radius: 0;
        background: none;
        text-align: left;
        white-space: normal;
        justify-content: stretch;
      }
      button:hover {
        background: var(--raised);
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      button[aria-pressed='true'] {
        background: var(--wash);
        border-color: var(--line);
        color: inherit;
        font-weight: inherit;
        box-shadow: inset 3px 0 0 var(--accent);
      }
      .title {
        font-weight: 600;
      }
      .entity {
        font-family: var(--mono);
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      .small {
        font-size: 12px;
        grid-column: 1 / -1;
      }
      .right {
        text-align: right;
      }
      .none, .more {
        padding: 14px;
      }
    `,
  ];

  constructor() {
    super();
    this.groups = [];
    this.chosen = 0;
    this.none = '';
  }

  private choose(id: number): void {
    this.dispatchEvent(new CustomEvent('incident', { detail: id === this.chosen ? 0 : id }));
  }

  protected override render(): TemplateResult {
    if (this.groups.length === 0) return html`<p class="none muted">${this.none}</p>`;
    return html`<ol tabindex="-1">
      ${this.groups.slice(0, DRAWN).map(
        (g) => html`<li><button aria-pressed=${String(g.id === this.chosen)} @click=${() => this.choose(g.id)}>
          <span class="title">${classTitle(g.class)}</span>
          <span class="right">${severity(g.severity)}</span>
          <span class="entity" dir="ltr">${visible(g.entity) || 'no source'}</span>
          <span class="right muted">${many(g.count, 'event')}</span>
          <span class="small muted">${KINDS[g.kind]} · ${span(g.first, g.last)}${g.technique.length ? ` · ${g.technique.map(visible).join(' ')}` : ''}</span>
        </button></li>`,
      )}
      ${this.groups.length > DRAWN ? html`<li class="more muted">and ${count(this.groups.length - DRAWN)} more: filter by class, source or time to see them</li>` : ''}
    </ol>`;
  }
}
