// The command line tool and the logs of examples/logs: what the package is held to.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const go = process.env.GO ?? 'go';

/** Builds the command and writes logs; the caller calls remove. */
export function native({ seed = 5, lines = 2500 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'tiercel-npm-'));
  const run = (...args) => execFileSync(go, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const tool = join(dir, 'tiercel');
  run('build', '-o', tool, './host/cmd/tiercel');
  run('run', './examples/logs', '-seed', String(seed), '-lines', String(lines), '-o', dir);
  return {
    dir,
    logs: ['access.log', 'conn.log', 'dns.log', 'auth.log'],
    path: (name) => join(dir, name),
    read: (name) => readFileSync(join(dir, name)),
    write: (name, bytes) => writeFileSync(join(dir, name), bytes),
    /** The command's output for files in dir. */
    scan(names, ...flags) {
      const r = spawnSync(tool, ['scan', ...flags, ...names], { cwd: dir, maxBuffer: 1 << 28, encoding: 'utf8' });
      if (r.error) throw r.error;
      return r.stdout;
    },
    /** Builds testdata/guest.c as a plugin, null where there is no C compiler. */
    guest(name, ...flags) {
      const args = ['--target=wasm32', '-O3', '-nostdlib', '-ffreestanding', '-I', join(root, 'plugins/c/template'), '-Wl,--no-entry', '-Wl,-z,stack-size=65536', '-Wl,--strip-all'];
      const r = spawnSync('clang', [...args, ...flags, '-o', join(dir, name), fileURLToPath(new URL('testdata/guest.c', import.meta.url))], { encoding: 'utf8' });
      if (r.status === 0) return readFileSync(join(dir, name));
      if (process.env.CI === 'true' || !r.error) throw new Error(`clang and lld are needed: ${r.error ?? r.stderr}`);
      return null;
    },
    /** The command's other uses, in dir. */
    run(...args) {
      const r = spawnSync(tool, args, { cwd: dir, encoding: 'utf8' });
      if (r.status !== 0) throw new Error(r.stderr);
      return r.stdout;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** JSON lines as objects. */
export const parse = (ndjson) => ndjson.split('\n').filter(Boolean).map((line) => JSON.parse(line));

/**
 * A zstd frame (RFC 8878, section 3.1.1) of raw and of run-length blocks: Node 20
 * inflates zstd no more than browsers do. window is the descriptor's exponent.
 */
export function zstd(bytes, exponent = 11) {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3])];
  for (let at = 0, n; at < bytes.length || at === 0; at += n) {
    let type = 0;
    for (n = 1; at + n < bytes.length && bytes[at + n] === bytes[at] && n < 1 << 16; ) n++;
    if (n > 64) type = 1;
    else n = Math.min(60_000, bytes.length - at);
    const last = at + n >= bytes.length ? 1 : 0;
    const head = last | (type << 1) | (n << 3);
    parts.push(Buffer.from([head & 255, (head >> 8) & 255, head >> 16]), type ? bytes.subarray(at, at + 1) : bytes.subarray(at, at + n));
  }
  return Buffer.concat(parts);
}
