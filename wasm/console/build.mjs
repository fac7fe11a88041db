// Builds the static page: the files of this folder, the npm package's dist and
// the example logs, and the list of them all for the service worker.
//
//	node wasm/console/build.mjs LOGS OUT
//
// LOGS is a folder that examples/logs has written. Any server for static files
// can serve OUT; serve.mjs does on localhost.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [logs, out] = process.argv.slice(2);
if (!out) throw new Error('say where the example logs are and where the page goes: build.mjs LOGS OUT');
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'logs'), { recursive: true });
for (const name of ['index.html', 'live.html', 'page.css', 'page.js', 'sw.js', 'manifest.webmanifest', 'icon.svg', 'icon-maskable.svg']) cpSync(at(name), join(out, name));
const served = (path) => statSync(path).isDirectory() || /\.(js|gz|json)$/.test(path);
cpSync(at('../npm/dist'), join(out, 'tiercel'), { recursive: true, filter: served });
for (const name of readdirSync(logs)) if (name.endsWith('.log')) cpSync(join(logs, name), join(out, 'logs', name));

const files = readdirSync(out, { recursive: true }).filter((name) => statSync(join(out, name)).isFile()).sort();
const hash = createHash('sha256');
for (const name of files) hash.update(name + '\0').update(readFileSync(join(out, name)));
const list = ['./', ...files.map((name) => './' + name), './files.js'];
writeFileSync(
  join(out, 'files.js'),
  `export const NAME = 'tiercel-${hash.digest('hex').slice(0, 16)}';\nexport const FILES = ${JSON.stringify(list, null, 2)};\n`,
);
