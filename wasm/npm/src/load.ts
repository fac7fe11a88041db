import { EngineError } from './engine.js';
import { nodeImport, type WorkerSource } from './threads.js';
import type { Kind } from './rows.js';

/** A file of the package or of the page: where it is, or its bytes. */
export type Source = string | URL | Response | ArrayBuffer | Uint8Array;

export interface LoadOptions {
  /** Model files, or names of the default models (http, flow, dns, auth). Default: all four. */
  models?: (Kind | Source)[];
  /** How many workers score; default the cores there are, at most 8. Verdicts do not depend on it. */
  workers?: number;
  /** The engine; default tiercel.wasm beside this module. */
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

export async function bytesOf(s: Source, integrity?: string): Promise<Uint8Array> {
  if (s instanceof Uint8Array) return s;
  if (s instanceof ArrayBuffer) return new Uint8Array(s);
  const response = s instanceof Response ? s : await get(s, integrity);
  if (!(response instanceof Response)) return response;
  if (!response.ok) throw new EngineError(`${response.url}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function get(where: string | URL, integrity?: string): Promise<Response | Uint8Array> {
  const url = new URL(where, typeof location === 'undefined' ? import.meta.url : location.href);
  if (url.protocol === 'file:' && typeof process !== 'undefined' && process.versions?.node) {
    const { readFile } = await nodeImport<typeof import('node:fs/promises')>('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  return fetch(url, integrity ? { integrity } : {});
}

export async function compile(s: Source | WebAssembly.Module, integrity?: string): Promise<WebAssembly.Module> {
  if (s instanceof WebAssembly.Module) return s;
  const response = s instanceof Response ? s : typeof s === 'string' || s instanceof URL ? await get(s, integrity) : s;
  if (response instanceof Response) {
    if (!response.ok) throw new EngineError(`${response.url}: the server answered ${response.status}`);
    if (response.headers.get('content-type')?.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
    return WebAssembly.compile(await response.arrayBuffer());
  }
  return WebAssembly.compile(response as Uint8Array<ArrayBuffer>);
}
