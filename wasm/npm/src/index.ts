/**
 * Threat detection in logs, in the page or in Node. No byte leaves the machine.
 *
 * ```ts
 * const t = await Tiercel.load({ models: ['http'] });
 * for await (const part of t.scan(file)) for (const row of part.rows) console.log(row.line, row.class, row.score);
 * await t.close();
 * ```
 */
export { Tiercel } from './tiercel.js';
export { EngineError as TiercelError } from './engine.js';
export { Part, Row, isoTime } from './rows.js';
export type { ExportFormat } from './export.js';
export type { Input } from './inputs.js';
export type { LoadOptions, Source } from './load.js';
export type { Progress, ScanOptions } from './options.js';
export type { Adapted, Explanation, Fault, FileSummary, Format, Incident, Label, Model, Plugin, Timeline } from './report.js';
export type { Certified, Kind, RowData, Severity } from './rows.js';
