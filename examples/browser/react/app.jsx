import { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Tiercel } from 'tiercel';
import 'tiercel/element';

// A bundle does not lie beside the package's files: say where they are served.
const at = (path) => new URL(`./tiercel/${path}`, document.baseURI);
const where = { wasm: at('tiercel.wasm.gz'), worker: at('worker.js'), models: ['http', 'flow', 'dns', 'auth'].map((kind) => at(`models/${kind}.tiercel.gz`)) };

/** The incidents of some files, worst first. Another choice of files gives the scan up. */
function useIncidents(files) {
  const [state, setState] = useState({ incidents: [], problem: '' });
  useEffect(() => {
    if (!files.length) return;
    const stop = new AbortController();
    const run = async () => {
      const t = await Tiercel.load(where);
      try {
        for await (const _ of t.scan(files, { signal: stop.signal }));
        setState({ incidents: t.incidents(), problem: '' });
      } catch (e) {
        if (!stop.signal.aborted) setState({ incidents: [], problem: e.message });
      } finally {
        await t.close();
      }
    };
    void run();
    return () => stop.abort();
  }, [files]);
  return state;
}

function App() {
  const [files, setFiles] = useState([]);
  const { incidents, problem } = useIncidents(files);
  const view = useRef(null);
  useEffect(() => {
    view.current.loadOptions = where;
  }, []);
  return (
    <>
      <label>Logs <input type="file" multiple onChange={(e) => setFiles([...e.target.files])} /></label>
      {problem && <p role="alert">{problem}</p>}
      <ul>{incidents.map((i) => <li key={i.id}>{i.severity} {i.class} from {i.entity}: {i.count} events</li>)}</ul>
      <button disabled={!files.length} onClick={() => view.current.scan(files)}>Look closer</button>
      <tiercel-console ref={view} />
    </>
  );
}

createRoot(document.getElementById('root')).render(<App />);
