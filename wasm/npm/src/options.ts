import { EngineError } from './engine.js';
import type { Kind } from './rows.js';

export interface ScanOptions {
  /** Format of the logs; default: detected from their content. See Tiercel.formats. */
  format?: string;
  /** Kind of the events, for formats that hold several. */
  kind?: Exclude<Kind, 'none' | 'table'>;
  /** False alarms allowed: "20/day", "0.1%", 0.001. Default 0.1 %. */
  budget?: string | number;
  /**
   * Rows come up to this budget, those beyond `budget` with `threat` false, so that
   * `setBudget` may go up to it without reading the log again. What rows certify is
   * then proven for this budget, not for the narrower one in force.
   */
  widest?: string | number;
  /** Every record is a row, not only threats. */
  all?: boolean;
  /**
   * Learn the site while reading, without labels, as the command line's
   * `scan --site` does: requests that are odd in it are raised, and its own
   * false-alarm rates count where it is noisier or quieter than the models expect.
   * The rows are the same whatever the number of workers.
   */
  site?: boolean;
  /** Judge events from that time on; those before still count as what was seen. */
  since?: Date | bigint;
  /** Judge events before that time. */
  until?: Date | bigint;
  /** Fields of JSON lines and CSV and the ECS names that they stand for: { client: 'source.ip' }. */
  map?: Record<string, string>;
  /** Name of a single input that has none of its own. */
  name?: string;
  /** When the log was written, for time stamps without a year; default the file's own date. */
  modified?: Date;
  signal?: AbortSignal;
  onProgress?: (p: Progress) => void;
}

export interface Progress {
  file: string;
  /** The format that was taken for the file and why, in words. */
  format: string;
  why: string;
  /** Bytes of all inputs that were judged, and of all there are (0: not known). */
  done: number;
  total: number;
  threats: number;
  /** Bytes a second since the scan began, and seconds left (NaN: not known). */
  rate: number;
  left: number;
}

/** See core's DefaultBudget. */
export const DEFAULT_BUDGET = '0.1%';

const utf8 = new TextEncoder();

/** The settings of a scan as the engine reads them: see wasm/engine/settings.go. */
export function settingsOf(o: ScanOptions): Uint8Array {
  const pairs: [string, string][] = [];
  if (o.budget !== undefined) pairs.push(['budget', String(o.budget)]);
  if (o.widest !== undefined) pairs.push(['widest', String(o.widest)]);
  if (o.kind) pairs.push(['kind', o.kind]);
  const ns = (t: Date | bigint) => String(typeof t === 'bigint' ? t : BigInt(t.getTime()) * 1_000_000n);
  if (o.since !== undefined) pairs.push(['since', ns(o.since)]);
  if (o.until !== undefined) pairs.push(['until', ns(o.until)]);
  for (const [theirs, ours] of Object.entries(o.map ?? {})) pairs.push(['map', `${theirs}=${ours}`]);
  if (o.all) pairs.push(['all', '1']);
  if (o.site) pairs.push(['site', '1']);
  for (const pair of pairs) if (pair.some((text) => text.includes('\0'))) throw new EngineError(`${pair[0]}: a NUL is no part of a name`);
  return utf8.encode(pairs.map(([name, value]) => `${name}\0${value}\0`).join(''));
}
