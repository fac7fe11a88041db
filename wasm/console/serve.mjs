// Serves the static page on localhost, with the policy that it carries itself as
// a header too:
//
//	node wasm/console/serve.mjs FOLDER [PORT]
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.wasm': 'application/wasm',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json', '.log': 'text/plain; charset=utf-8',
};

/** A server for the files of a folder. It is not listening yet. */
export function serve(folder) {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(readFileSync(join(folder, 'index.html'), 'utf8'))[1];
  const headers = {
    'content-security-policy': policy + "; frame-ancestors 'none'", // which a page cannot say of itself
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
  return createServer((request, response) => {
    const path = pathOf(folder, request.url);
    if (!path || (request.method !== 'GET' && request.method !== 'HEAD')) return response.writeHead(404, headers).end('not found\n');
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': statSync(path).size });
    if (request.method === 'HEAD') return response.end();
    createReadStream(path).on('error', () => response.destroy()).pipe(response);
  });
}

/** The file that an address names; '' for none. */
function pathOf(folder, address) {
  try {
    let name = decodeURIComponent(new URL(address, 'http://localhost').pathname);
    if (name.endsWith('/')) name += 'index.html';
    const path = normalize(join(folder, name));
    return path.startsWith(normalize(folder + sep)) && statSync(path).isFile() ? path : '';
  } catch {
    return '';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, port = '8080'] = process.argv.slice(2);
  if (!folder) {
    console.error('say which folder to serve: serve.mjs FOLDER [PORT]');
    process.exit(1);
  }
  const server = serve(folder);
  server.on('error', (e) => {
    console.error(e.code === 'EADDRINUSE' ? `port ${port} is taken: make console PORT=another` : String(e));
    process.exit(1);
  });
  server.listen(Number(port), '127.0.0.1', () => console.log(`the console is at http://localhost:${server.address().port}/ (end it with Ctrl-C)`));
}
