import { css } from 'lit';

/**
 * Colours and controls that all parts share. Pages theme the console by the
 * custom properties --tiercel-*; see wasm/console/README.md.
 */
export const base = css`
  :host {
    --bg: var(--tiercel-background, light-dark(#faf9f7, #151413));
    --surface: var(--tiercel-surface, light-dark(#ffffff, #1d1b19));
    --raised: var(--tiercel-raised, light-dark(#f3f1ed, #282521));
    --line: var(--tiercel-line, light-dark(#e3dfd8, #38342f));
    --edge: var(--tiercel-edge, light-dark(#8c857b, #7d766c));
    --ink: var(--tiercel-ink, light-dark(#211e1a, #edeae5));
    --muted: var(--tiercel-muted, light-dark(#625c54, #aaa399));
    --accent: var(--tiercel-accent, light-dark(#ad380c, #ff9468));
    --on-accent: var(--tiercel-on-accent, light-dark(#ffffff, #1f0d05));
    --wash: var(--tiercel-wash, light-dark(#fbe7de, #43261a));
    --mono: var(--tiercel-mono, ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace);
    color: var(--ink);
    font: 13px/1.45 var(--tiercel-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif);
    font-variant-numeric: tabular-nums;
  }
  :host([hidden]), [hidden] {
    display: none !important;
  }
  *, *::before, *::after {
    box-sizing: border-box;
  }
  h1, h2, h3, p, dl, dd, ul, ol, figure {
    margin: 0;
    padding: 0;
  }
  ul, ol {
    list-style: none;
  }
  h2 {
    font-size: 13px;
    font-weight: 650;
  }
  h3 {
    font-size: 12px;
    font-weight: 600;
    color: var(--muted);
  }
  button, select, input, summary {
    font: inherit;
    color: inherit;
  }
  button, .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 30px;
    padding: 3px 11px;
    border: 1px solid var(--line);
    border-radius: 7px;
    background: var(--surface);
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover, .button:hover {
    border-color: var(--edge);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.main {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.main:hover {
    filter: brightness(1.08);
  }
  button.plain {
    border-color: transparent;
    background: none;
  }
  button.plain:hover {
    background: var(--raised);
  }
  button[aria-pressed='true'] {
    background: var(--wash);
    border-color: var(--accent);
    color: var(--accent);
    font-weight: 600;
  }
  select, input[type='text'], input[type='search'], input[type='datetime-local'] {
    min-height: 30px;
    padding: 3px 8px;
    border: 1px solid var(--line);
    border-radius: 7px;
    background: var(--surface);
    min-width: 0;
  }
  select:hover, input:hover {
    border-color: var(--edge);
  }
  ::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  input[type='range'] {
    accent-color: var(--accent);
    margin: 0;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .muted {
    color: var(--muted);
  }
  .accent {
    color: var(--accent);
  }
  .mono {
    font-family: var(--mono);
    font-size: 12px;
  }
  mark {
    background: var(--wash);
    color: var(--accent);
    font-weight: 650;
    border-radius: 2px;
    box-shadow: inset 0 -1px 0 var(--accent);
  }
  .chip {
    display: inline-block;
    padding: 0 6px;
    border: 1px solid var(--line);
    border-radius: 5px;
    color: var(--muted);
    font: 11px/1.6 var(--mono);
    white-space: nowrap;
  }
  .said {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after {
      transition: none !important;
      animation: none !important;
      scroll-behavior: auto !important;
    }
  }
`;
