import { visible } from './export.js';
import type { FileSummary, Incident, Model, Timeline } from './report.js';
import { isoTime, type Row } from './rows.js';

/** What a report shows. */
export interface Findings {
  files: readonly FileSummary[];
  /** Worst first. */
  incidents: readonly Incident[];
  timeline: Timeline;
  models: readonly Model[];
  threats: Iterable<Row>;
}

/** Rows beyond them are counted; CSV and JSON have all. */
const MAX_INCIDENTS = 2_000;
const MAX_THREATS = 5_000;

/** Writes findings as a page that stands alone: no script, nothing that it loads, texts of the log only as text. */
export function* page(f: Findings): Generator<string> {
  yield `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tiercel report</title>
<style>${STYLE}</style>
<h1>Threats found by Tiercel</h1>
`;
  yield table('Files', ['file', 'lines', 'records', 'unread', 'threats'], f.files.map((s) => [s.file, s.lines, s.records, s.unread, s.threats]));
  yield `<h2>Time</h2>\n${chart(f.timeline)}\n`;
  yield table(
    'Incidents, worst first',
    ['severity', 'class', 'technique', 'entity', 'threats', 'first', 'last', 'false-alarm rate', 'worst record', ''],
    f.incidents.slice(0, MAX_INCIDENTS).map((i) => [
      i.severity, i.class, i.technique.join(' '), i.entity, i.count, isoTime(i.first) ?? '', isoTime(i.last) ?? '', rate(i.falseAlarmRate), i.sample, `${i.file}:${i.line}`,
    ]),
  );
  if (f.incidents.length > MAX_INCIDENTS) yield `<p>${f.incidents.length - MAX_INCIDENTS} more incidents are not shown.</p>\n`;
  yield `<h2>Threats</h2>\n<table>\n${line('th', ['where', 'time', 'severity', 'class', 'entity', 'score', 'false-alarm rate', 'incident', 'record'])}`;
  let more = 0;
  let shown = 0;
  for (const row of f.threats) {
    if (shown++ >= MAX_THREATS) more++;
    else yield line('td', [`${row.file}:${row.line}`, isoTime(row.time) ?? '', row.severity, row.class ?? '', row.entity ?? '', row.score.toFixed(4), rate(row.falseAlarmRate), row.incident ?? '', row.raw]);
  }
  yield '</table>\n';
  if (more > 0) yield `<p>${more} more threats are not shown.</p>\n`;
  yield table('Models', ['kind', 'name', 'learners', 'limits'], f.models.map((m) => [m.kind, m.name, m.learners.join(', '), m.limits.join(' ')]));
  yield '</html>\n';
}

const STYLE = `:root{color-scheme:light dark;font:14px/1.4 system-ui,sans-serif}body{margin:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid #8884}
td:last-child,td:nth-last-child(2){font-family:ui-monospace,monospace;font-size:12px;word-break:break-all}
svg{width:100%;height:8rem}.events{fill:#8886}.threats{fill:#c33}`;

type Cell = string | number;

function table(title: string, head: string[], rows: Cell[][]): string {
  return `<h2>${title}</h2>\n<table>\n${line('th', head)}${rows.map((r) => line('td', r)).join('')}</table>\n`;
}

function line(tag: 'th' | 'td', cells: Cell[]): string {
  return `<tr>${cells.map((c) => `<${tag}>${escape(String(c))}</${tag}>`).join('')}</tr>\n`;
}

function escape(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A share as people read it. */
function rate(x: number): string {
  return `${Number((100 * x).toPrecision(2))} %`;
}

/** Events and threats by time: bars, by the square root, so that single threats are seen beside many events. */
function chart(t: Timeline): string {
  const n = t.events.length;
  if (n === 0) return '<p>No event has a time.</p>';
  const most = Math.sqrt(t.events.reduce((a, b) => Math.max(a, b), 1));
  const bars = (name: string, counts: readonly number[]) =>
    counts.map((c, i) => (c ? `<rect class="${name}" x="${i}" y="${(1 - Math.sqrt(c) / most).toFixed(4)}" width="1" height="${(Math.sqrt(c) / most).toFixed(4)}"/>` : '')).join('');
  const end = t.start + t.width * BigInt(n);
  return (
    `<svg viewBox="0 0 ${n} 1" preserveAspectRatio="none" role="img" aria-label="events and threats by time">${bars('events', t.events)}${bars('threats', t.threats)}</svg>\n` +
    `<p>${isoTime(t.start)} to ${isoTime(end)}; grey: events, red: threats.</p>`
  );
}
