/**
 * Words and numbers for people. Logs are hostile: what does not show, or changes
 * the order in which text is shown, is written as an escape.
 */
import { visible as escaped } from '../export.js';
import type { Kind, Severity } from '../index.js';

/** A text with all that hides or turns it made visible; tabs stay. */
export function visible(text: string): string {
  return text.includes('\t') ? text.split('\t').map(escaped).join('\t') : escaped(text);
}

/** What access logs and syslog write before what happened: who and when, which stand in columns of their own. */
const PREFIX = /^(?:\S+ \S+ .{1,80}? \[[^\]]{10,40}\] (?=")|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ |\d{4}-\d\d-\d\dT\S+ \S+ )/;

/** The part of a record that tells it from its neighbours. */
export function gist(record: string): string {
  return record.replace(PREFIX, '');
}

/** A run of a text, marked or not. */
export interface Run {
  text: string;
  marked: boolean;
}

/** Cuts a text at the ranges [from, to) that are marked; ranges may overlap and lie outside. */
export function runs(text: string, marks: readonly (readonly [number, number])[]): Run[] {
  const out: Run[] = [];
  let at = 0;
  for (const [from, to] of [...marks].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(from, at);
    const end = Math.min(to, text.length);
    if (end <= start) continue;
    if (start > at) out.push({ text: text.slice(at, start), marked: false });
    out.push({ text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < text.length) out.push({ text: text.slice(at), marked: false });
  return out;
}

/** Where each of the pieces first stands in a text, as marks. */
export function find(text: string, pieces: readonly string[]): [number, number][] {
  const marks: [number, number][] = [];
  for (const piece of pieces) {
    const at = piece ? text.indexOf(piece) : -1;
    if (at >= 0) marks.push([at, at + piece.length]);
  }
  return marks;
}

export const SEVERITIES: readonly Severity[] = ['none', 'low', 'medium', 'high', 'critical'];

const CLASSES: Record<string, string> = {
  sqli: 'SQL injection',
  xss: 'Cross-site scripting',
  traversal: 'Path traversal',
  cmdi: 'Command injection',
  'code-injection': 'Code injection',
  'file-inclusion': 'File inclusion',
  lookup: 'Lookup injection',
  xxe: 'XML entity',
  ssrf: 'Request forgery',
  crlf: 'Header injection',
  webshell: 'Web shell',
  scanner: 'Scanner',
  'credential-stuffing': 'Credential stuffing',
  'scan-hosts': 'Host scan',
  'scan-ports': 'Port scan',
  'brute-force': 'Brute force',
  spraying: 'Password spraying',
  flooding: 'Flooding',
  beacon: 'Beacon',
  worm: 'Worm',
  exfiltration: 'Exfiltration',
  dga: 'Generated domain',
  tunnel: 'DNS tunnel',
  'fast-flux': 'Fast flux',
  'success-after-failures': 'Log-in after failures',
  'privilege-abuse': 'Privilege abuse',
  anomaly: 'Anomaly',
};

/** A class of attack in words; one that is not known by its own name. */
export function classTitle(name: string | null): string {
  if (!name) return 'Unclassified';
  return Object.hasOwn(CLASSES, name) ? CLASSES[name]! : visible(name);
}

export const KINDS: Record<Kind, string> = { none: '', http: 'Web', flow: 'Network flow', dns: 'DNS', auth: 'Log-in', table: 'Table' };

const counts = new Intl.NumberFormat('en');

export function count(n: number): string {
  return counts.format(n);
}

/** "1 threat", "2 threats". */
export function many(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** How rare a score is among normal events: "1 in 25,000". */
export function rarity(rate: number): string {
  if (!(rate > 0)) return 'never seen';
  if (rate < 1e-7) return 'under 1 in 10 million';
  if (rate >= 0.5) return 'ordinary';
  return `1 in ${count(Number((1 / rate).toPrecision(2)))}`;
}

/** A share as a percentage with as many digits as it needs. */
export function percent(share: number): string {
  const p = share * 100;
  return `${p >= 1 ? Number(p.toFixed(1)) : Number(p.toPrecision(2))}\u202f%`;
}

export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let u = 0;
  while (n >= 1000 && u < units.length - 1) {
    n /= 1000;
    u++;
  }
  return `${n >= 100 || u === 0 ? Math.round(n) : n.toFixed(1)} ${units[u]}`;
}

/** Seconds that are left, in words. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 1) return 'less than a second';
  if (seconds < 90) return many(Math.round(seconds), 'second');
  if (seconds < 5400) return many(Math.round(seconds / 60), 'minute');
  return many(Math.round(seconds / 3600), 'hour');
}

/** Milliseconds since 1970 as "2026-01-29 10:01:02", UTC; NaN is no time. */
export function clock(ms: number): string {
  if (Number.isNaN(ms)) return 'no time';
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'no time' : date.toISOString().slice(0, -5).replace('T', ' ');
}

/** A span of time in as few words as it needs: the day is not said twice. */
export function span(from: number, to: number): string {
  if (Number.isNaN(from)) return 'no time';
  if (from <= -8e15) return `before ${clock(to)}`;
  if (to >= 8e15) return `from ${clock(from)}`;
  const [a, b] = [clock(from), clock(to)];
  if (a === b) return a;
  return a.slice(0, 10) === b.slice(0, 10) ? `${a} to ${b.slice(11)}` : `${a} to ${b}`;
}

/** Milliseconds of a row's time; NaN for none. */
export function milliseconds(ns: bigint | null): number {
  return ns === null ? NaN : Number(ns / 1_000_000n);
}

/** A failure as a sentence for people. */
export function message(e: unknown): string {
  const text = e instanceof Error ? e.message : String(e);
  return visible(text || 'something failed and did not say what');
}
