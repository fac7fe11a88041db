// A panel for Grafana: it scores the log lines that a query returned (Loki,
// Elasticsearch, a CSV), in the browser of whoever looks at the dashboard.
import { PanelPlugin } from '@grafana/data';
import { useEffect, useState } from 'react';
import { Tiercel } from 'tiercel';

/** Where the plugin's files are served: Grafana names them by its public path. */
const at = (path) => new URL(`./tiercel/${path}`, import.meta.url);
const engine = () => Tiercel.load({ workers: 1, wasm: at('tiercel.wasm.gz'), worker: at('worker.js'), models: ['http', 'auth', 'dns', 'flow'].map((kind) => at(`models/${kind}.tiercel.gz`)) });

/** The lines of a data frame: its field `line` or `Line`, or the first of text. */
function linesOf(frame) {
  const text = frame.fields.filter((f) => f.type === 'string');
  const field = text.find((f) => /^line$/i.test(f.name)) ?? text[0];
  return field ? [...field.values] : [];
}

export function ThreatPanel({ data, width, height, timeRange, options }) {
  const [rows, setRows] = useState([]);
  const [problem, setProblem] = useState('');
  const lines = data.series.flatMap(linesOf);
  const text = lines.join('\n');
  useEffect(() => {
    const stop = new AbortController();
    const run = async () => {
      const t = await engine();
      try {
        const found = [];
        const scan = { signal: stop.signal, name: 'query', budget: options.budget ?? '0.1%', since: timeRange.from.toDate(), until: timeRange.to.toDate() };
        for await (const part of t.scan(new Blob([text]), scan)) for (const row of part.rows) found.push(row.toJSON());
        setRows(found);
        setProblem('');
      } catch (e) {
        if (!stop.signal.aborted) setProblem(e.message);
      } finally {
        await t.close();
      }
    };
    if (text) void run();
    return () => stop.abort();
  }, [text, options.budget, timeRange.from.valueOf(), timeRange.to.valueOf()]);
  return (
    <div style={{ width, height, overflow: 'auto' }}>
      {problem && <p role="alert">{problem}</p>}
      <table>
        <thead><tr><th>Severity</th><th>Class</th><th>Source</th><th>Line</th></tr></thead>
        <tbody>{rows.map((r) => <tr key={r.record}><td>{r.severity}</td><td>{r.class}</td><td>{r.entity}</td><td>{lines[r.line - 1]}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

export const plugin = new PanelPlugin(ThreatPanel);
