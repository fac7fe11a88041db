import { css } from 'lit';

/** The looks of the detail of a threat. */
export const looks = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
  }
  header {
    padding: 12px 16px 10px;
    border-bottom: 1px solid var(--line);
  }
  .top {
    display: flex;
    align-items: center;
    gap: 10px;
  }
  h2 {
    font-size: 16px;
    letter-spacing: -0.01em;
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 3px 12px;
    margin-top: 4px;
    align-items: center;
  }
  .link {
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    text-decoration: underline;
    text-decoration-color: var(--edge);
    text-underline-offset: 2px;
  }
  .judge {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-top: 8px;
  }
  .close {
    padding: 3px 8px;
  }
  .body {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 0 16px 24px;
  }
  section {
    padding-top: 14px;
  }
  section > h3 {
    margin-bottom: 6px;
  }
  .text {
    padding: 8px 10px;
    border: 1px solid var(--line);
    border-radius: 7px;
    background: var(--bg);
    font: 12px/1.55 var(--mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 220px;
    overflow: auto;
    tab-size: 4;
  }
  .value + .value {
    margin-top: 8px;
  }
  .origin {
    display: flex;
    gap: 8px;
    font-size: 12px;
    color: var(--muted);
    margin-bottom: 2px;
  }
  .because li {
    display: flex;
    gap: 8px;
    padding: 2px 0;
  }
  .because li::before {
    content: '';
    flex: none;
    width: 5px;
    height: 5px;
    margin-top: 7px;
    border-radius: 50%;
    background: var(--accent);
  }
  .because span {
    overflow-wrap: anywhere;
  }
  section > svg {
    max-width: 500px;
  }
  svg text {
    font: 11px var(--tiercel-font, system-ui, sans-serif);
    fill: var(--ink);
  }
  svg .heads text {
    fill: var(--muted);
  }
  svg text.halo {
    paint-order: stroke;
    stroke: var(--surface);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  svg .result {
    font-weight: 700;
    font-size: 12px;
    fill: var(--accent);
  }
  .slot {
    fill: var(--raised);
  }
  .bar {
    fill: var(--edge);
  }
  .bar.strong {
    fill: var(--accent);
  }
  .link.strong, path.link.strong {
    stroke: var(--accent);
  }
  path.link {
    stroke: var(--edge);
  }
  .node {
    fill: var(--surface);
    stroke: var(--edge);
    stroke-width: 1.5;
  }
  .node.strong {
    fill: var(--accent);
    stroke: var(--surface);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 12px;
  }
  th, td {
    text-align: left;
    padding: 4px 8px 4px 0;
    border-bottom: 1px solid var(--line);
    vertical-align: top;
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  thead th {
    color: var(--muted);
  }
  th.number, td.number {
    text-align: right;
    white-space: nowrap;
  }
  tr.loud th {
    font-weight: 650;
  }
  .reasons {
    font-weight: 400;
    color: var(--muted);
  }
  details {
    margin-top: 14px;
  }
  details details {
    margin-top: 8px;
  }
  summary {
    cursor: pointer;
    font-size: 12px;
    font-weight: 600;
    color: var(--muted);
    padding: 2px 0;
  }
  dl {
    display: grid;
    grid-template-columns: minmax(90px, auto) 1fr;
    gap: 3px 14px;
    font-size: 12px;
    margin-top: 6px;
  }
  dt {
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  dd {
    font-family: var(--mono);
    overflow-wrap: anywhere;
  }
`;
