import { css, html, svg, type TemplateResult } from 'lit';
import { SEVERITIES } from './text.js';

const TITLES = ['None', 'Low', 'Medium', 'High', 'Critical'];

/** A severity as a meter of four bars and its word, so that it is never told by colour alone. */
export function severity(level: number): TemplateResult {
  return html`<span class="severity ${SEVERITIES[level]!}">
    <svg viewBox="0 0 15 10" width="15" height="10" aria-hidden="true">
      ${[1, 2, 3, 4].map((n) => (n <= level ? BARS[n - 1]!.full : BARS[n - 1]!.empty))}
    </svg>${TITLES[level]}</span>`;
}

const BARS = [0, 1, 2, 3].map((n) => ({
  full: svg`<rect x=${4 * n} y=${6 - 2 * n} width="3" height=${4 + 2 * n} rx="0.8" fill="currentColor"></rect>`,
  empty: svg`<rect x=${4 * n} y=${6 - 2 * n} width="3" height=${4 + 2 * n} rx="0.8" fill="currentColor" opacity="0.22"></rect>`,
}));

export const severityStyles = css`
  .severity {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
    color: var(--muted);
  }
  .severity.critical, .severity.high {
    color: var(--accent);
    font-weight: 600;
  }
  .severity.critical {
    font-weight: 750;
  }
  .severity.medium {
    color: var(--ink);
  }
`;
