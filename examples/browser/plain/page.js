import { Tiercel } from './tiercel/index.js';

const tiercel = Tiercel.load();
const [list, status] = [document.querySelector('ol'), document.querySelector('[role=status]')];

document.querySelector('input').addEventListener('change', async (e) => {
  list.replaceChildren();
  const t = await tiercel;
  try {
    for await (const part of t.scan([...e.target.files], { onProgress: (p) => (status.textContent = `${p.file}: ${p.threats} threats`) })) {
      for (const row of part.rows) list.appendChild(document.createElement('li')).textContent = `${row.file}:${row.line} ${row.class} from ${row.entity}`;
    }
    status.textContent = `${t.incidents().length} incidents`;
  } catch (problem) {
    status.textContent = problem.message; // names the file and what is wrong with it
  }
});
