import { html, svg, type TemplateResult } from 'lit';

/** The mark: a falcon's stoop, three strokes for three tiers. */
export const mark = (size: number) => html`<svg viewBox="0 0 24 24" width=${size} height=${size} fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
  ${svg`<path d="M3 5l9 6 9-6"></path><path d="M6 11.5l6 4 6-4"></path><path d="M9 18l3 2 3-2"></path>`}
</svg>`;

/** What is shown before there is a log: what this is, that nothing leaves the page, and how to begin. */
export function welcome(choose: () => void, examples: (() => void) | null): TemplateResult {
  return html`<div class="empty"><div class="welcome">
    <h1>See the threats in a log</h1>
    <p>Give it an exported log. It finds attacks, gathers them into incidents and shows why each was flagged.</p>
    <div class="target">
      <p>Drop log files here</p>
      <div class="choices">
        <button class="main" @click=${choose}>Choose files</button>
        ${examples ? html`<button @click=${examples}>Try with example logs</button>` : ''}
      </div>
    </div>
    <div class="promises">
      <div><h2>Nothing leaves this page</h2><p>Logs are read by your browser, on your machine. There is no upload and no account.</p></div>
      <div><h2>Reads what you have</h2><p>Apache, nginx, IIS, AWS, Zeek, Suricata, syslog, CSV and JSON lines; plain, gzip or zstd; many files at once.</p></div>
      <div><h2>Shows its reasons</h2><p>The decoded text with the pieces that mattered, each learner’s part, and how rare the score is.</p></div>
    </div>
  </div></div>`;
}
