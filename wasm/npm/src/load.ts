import { EngineError } from './engine.js';
import { nodeImport, type WorkerSource } from './threads.js';
import type { Kind } from './rows.js';

/** A file of the package or of the page: where it is, or its bytes; plain or gzip. */
export type Source = string | URL | Response | ArrayBuffer | Uint8Array;

export interface LoadOptions {
  /** Model files, or names of the default models (http, flow, dns, auth). Default: all four. */
  models?: (Kind | Source)[];
  /** How many workers score; default the cores there are, at most 8. Verdicts do not depend on it. */
  workers?: number;
  /** The engine; default tiercel.wasm.gz beside this module. */
  wasm?: Source | WebAssembly.Module;
  /** The worker's script; default worker.js beside this module. It must be of the page's own origin. */
  worker?: WorkerSource;
  /** Subresource integrity of the wasm file (see integrity.json), where it is fetched. */
  integrity?: string;
}

export const DEFAULT_MODELS: Kind[] = ['http', 'flow', 'dns', 'auth'];

export function isKind(m: Kind | Source): m is Kind {
  return typeof m === 'string' && (DEFAULT_MODELS as string[]).includes(m);
}

/** The bytes of a source, inflated where they are gzip. */
export async function bytesOf(s: Source, integrity?: string): Promise<Uint8Array> {
  const found = await get(s, integrity);
  if (!(found instanceof Response)) return isGzip(found) ? new Uint8Array(await new Response(inflating(found)).arrayBuffer()) : found;
  return new Uint8Array(await new Response(await plain(found)).arrayBuffer());
}

/** The engine, compiled while it comes. */
export async function compile(s: Source | WebAssembly.Module, integrity?: string): Promise<WebAssembly.Module> {
  if (s instanceof WebAssembly.Module) return s;
  const found = await get(s, integrity);
  if (!(found instanceof Response) && !isGzip(found)) return WebAssembly.compile(found as Uint8Array<ArrayBuffer>);
  const body = found instanceof Response ? await plain(found) : inflating(found);
  return WebAssembly.compileStreaming(new Response(body, { headers: { 'content-type': 'application/wasm' } }));
}

async function get(s: Source, integrity?: string): Promise<Response | Uint8Array> {
  if (s instanceof Uint8Array) return s;
  if (s instanceof ArrayBuffer) return new Uint8Array(s);
  if (s instanceof Response) return answered(s);
  const url = new URL(s, typeof location === 'undefined' ? import.meta.url : location.href);
  if (url.protocol === 'file:' && typeof process !== 'undefined' && process.versions?.node) {
    const { readFile } = await nodeImport<typeof import('node:fs/promises')>('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  return answered(await fetch(url, integrity ? { integrity } : {}));
}

function answered(r: Response): Response {
  if (!r.ok) throw new EngineError(`${r.url}: the server answered ${r.status}`);
  return r;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflating(packed: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Response(packed as Uint8Array<ArrayBuffer>).body!.pipeThrough(new DecompressionStream('gzip'));
}

/** The body of a response, inflated where it is gzip: a server that calls the file gzip-encoded has had it inflated already. */
async function plain(r: Response): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
  const reader = r.body?.getReader();
  if (!reader) return null;
  const first = await reader.read();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (c) => (first.done ? c.close() : c.enqueue(first.value)),
    async pull(c) {
      const { done, value } = await reader.read();
      if (done) c.close();
      else c.enqueue(value);
    },
    cancel: (why) => reader.cancel(why),
  });
  return first.value && isGzip(first.value) ? body.pipeThrough(new DecompressionStream('gzip')) : body;
}
