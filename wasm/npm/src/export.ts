import type { Row, RowData } from './rows.js';

export type ExportFormat = 'ndjson' | 'json' | 'csv' | 'html';

export const MIME: Record<ExportFormat, string> = {
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  csv: 'text/csv',
  html: 'text/html',
};

/** Writes rows as the command line does: the same members and columns, in the same order. */
export function* write(rows: Iterable<Row>, format: Exclude<ExportFormat, 'html'>): Generator<string> {
  if (format === 'csv') {
    yield [...COLUMNS, 'certified_insertions', 'certified_learners', 'certified_padding'].join(',') + '\r\n';
    for (const row of rows) yield csvLine(row.toJSON());
    return;
  }
  if (format === 'ndjson') {
    for (const row of rows) yield visibleJSON(row.toJSON()) + '\n';
    return;
  }
  let before = '[\n';
  for (const row of rows) {
    yield before + visibleJSON(row.toJSON());
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

const COLUMNS = [
  'file', 'line', 'record', 'time', 'kind', 'score', 'threat', 'false_alarm_rate', 'severity', 'class',
  'technique', 'entity', 'incident', 'missing', 'error',
] as const;

function csvLine(row: RowData): string {
  const { insertions, learners, padding } = row.certified ?? {};
  return [...COLUMNS.map((name) => row[name]), insertions, learners, padding].map(cell).join(',') + '\r\n';
}

/** A cell never starts a formula: spreadsheets run those that begin with = + - @ or a blank before them. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'boolean') return String(value);
  let text = Array.isArray(value) ? value.join(' ') : String(value);
  text = visible(text);
  if (/^\s*[=+\-@|%]/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

/** What does not show, or acts on a terminal: control, format, bidirectional, private and combining characters. */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{M}\u115f\u1160\u3164\uffa0\u2800]/gu;

/** A text of which every character shows and none acts. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => '\\u' + c.codePointAt(0)!.toString(16).padStart(4, '0'));
}

function visibleJSON(row: RowData): string {
  return JSON.stringify(row)
    .replace(/("(?:score|false_alarm_rate)":[\d.]+e-)(\d)(?=,)/g, '$10$2') // no text holds an unescaped quote
    .replace(HIDDEN, (c) => [...Array(c.length).keys()].map((i) => '\\u' + c.charCodeAt(i).toString(16).padStart(4, '0')).join(''));
}

/** A number as Go writes it: exponents have two digits. */
function goNumber(x: number): string {
  return String(x).replace(/e([+-])(\d)$/, 'e$10$2');
}
