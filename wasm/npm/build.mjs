// Builds dist: the library and its worker as ES modules with types, the engine,
// the default models (both gzip), and the integrity manifest. The engine is compiled by
// `make engine` to build/tiercel.wasm before this runs.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = at('dist/');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist + 'models', { recursive: true });

/** Whose code a bundle holds, where the code does not say it itself. */
const notice = (name) => ({ js: `/*! This file holds ${name}:\n${readFileSync(at(`node_modules/${name}/LICENSE`), 'utf8').trim()}\n*/` });

const options = {
  outbase: at('src'),
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'linked',
  legalComments: 'inline',
};
await build({ ...options, entryPoints: [at('src/index.ts')] });
await build({ ...options, entryPoints: [at('src/worker.ts')], banner: notice('fzstd') });
// The element holds lit and uPlot, and shares the library with the page.
await build({
  ...options,
  entryPoints: [at('src/element/index.ts')],
  sourcemap: false, // with lit and uPlot ten times the code
  banner: notice('uplot'),
  loader: { '.css': 'text' },
  conditions: ['production'],
  plugins: [{ name: 'shared', setup: (b) => b.onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: '../index.js', external: true })) }],
});
execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.json'), '--emitDeclarationOnly'], { stdio: 'inherit' });

// Servers seldom compress such files, and the package is installed as it is here.
const pack = (from, to) => writeFileSync(dist + to, gzipSync(readFileSync(from), { level: 9 }));
pack(at('../../build/tiercel.wasm'), 'tiercel.wasm.gz');
const models = at('../../core/model/models/');
for (const name of readdirSync(models)) if (name.endsWith('.tiercel')) pack(models + name, `models/${name}.gz`);

// Subresource integrity (https://www.w3.org/TR/SRI/) of all that a page loads.
const manifest = {};
const add = (path) => {
  manifest[path] = 'sha384-' + createHash('sha384').update(readFileSync(dist + path)).digest('base64');
};
for (const path of ['index.js', 'worker.js', 'element/index.js', 'tiercel.wasm.gz']) add(path);
for (const name of readdirSync(dist + 'models').sort()) add('models/' + name);
writeFileSync(dist + 'integrity.json', JSON.stringify(manifest, null, 2) + '\n');
