import type { FromWorker, ToWorker } from './messages.js';
import { EngineError } from './engine.js';

/** A worker of a browser or of Node. */
interface Thread {
  post(message: unknown, transfer: Transferable[]): void;
  stop(): void;
}

type Hear = (message: FromWorker) => void;

/** Anything that says where a worker's script is. */
export type WorkerSource = string | URL;

/** Whether threads are Node's. */
export const inNode = typeof process !== 'undefined' && !!process.versions?.node && typeof Worker === 'undefined';

async function startThread(script: WorkerSource, hear: Hear, failed: (why: Error) => void): Promise<Thread> {
  if (inNode) {
    const { Worker: NodeWorker } = await nodeImport<typeof import('node:worker_threads')>('node:worker_threads');
    const w = new NodeWorker(typeof script === 'string' ? new URL(script, import.meta.url) : script);
    w.on('message', hear);
    w.on('error', failed);
    return { post: (m, t) => w.postMessage(m, t as never), stop: () => void w.terminate() };
  }
  const w = new Worker(trusted(script) as string, { type: 'module', name: 'tiercel' });
  w.onmessage = (e) => hear(e.data as FromWorker);
  w.onerror = (e) => failed(new EngineError(`the worker could not be started: ${e.message || String(script)}`));
  return { post: (m, t) => w.postMessage(m, t), stop: () => w.terminate() };
}

/** Imports a module of Node, in a way that bundlers for browsers leave alone. */
export function nodeImport<T>(name: string): Promise<T> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<T>;
}

interface Policy {
  createScriptURL(url: string): unknown;
}
let policy: Policy | undefined;

/**
 * Under `require-trusted-types-for 'script'` a worker's address must come from
 * a policy. Ours lets through one address: that of the worker of this package
 * or the one that the embedding page named.
 */
function trusted(script: WorkerSource): unknown {
  const url = String(script);
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
  if (!types) return url;
  policy ??= types.createPolicy('tiercel', { createScriptURL: (u) => u });
  return policy.createScriptURL(url);
}

/** A worker and the questions that it has not answered yet. */
export class Member {
  private readonly asked = new Map<number, { resolve(value: unknown): void; reject(why: Error): void }>();
  private thread!: Thread;
  private last = 0;
  private broken: Error | null = null; // nothing answers any more

  static async start(script: WorkerSource, hear: Hear, failed: (why: Error) => void): Promise<Member> {
    const m = new Member();
    m.thread = await startThread(
      script,
      (message) => m.hear(message, hear),
      (why) => {
        m.fail(why);
        failed(why);
      },
    );
    return m;
  }

  /** Sends what needs no answer. */
  tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.thread.post(message, transfer);
  }

  /** Sends a question; the promise is its answer. */
  ask<T>(message: ToWorker extends infer M ? (M extends { id: number } ? Omit<M, 'id'> : never) : never, transfer: Transferable[] = []): Promise<T> {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.last;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (v: unknown) => void, reject });
      this.thread.post({ ...message, id }, transfer);
    });
  }

  stop(why: Error): void {
    this.thread.stop();
    this.fail(why);
  }

  private fail(why: Error): void {
    this.broken ??= why;
    for (const { reject } of this.asked.values()) reject(why);
    this.asked.clear();
  }

  private hear(message: FromWorker, hear: Hear): void {
    if (message.is !== 'answer' && message.is !== 'failed') return hear(message);
    const question = this.asked.get(message.id);
    this.asked.delete(message.id);
    if (message.is === 'answer') question?.resolve(message.value);
    else question?.reject(new EngineError(message.message));
  }
}
