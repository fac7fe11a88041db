import type { FromWorker } from './messages.js';
import type { Model } from './report.js';
import { Member, type WorkerSource } from './threads.js';

/** What workers are started with. */
export interface Setup {
  module: Promise<WebAssembly.Module>;
  models: Promise<Uint8Array[]>;
  workers: number;
  script: WorkerSource;
}

/** Starts the workers; the first of them also orders. What they tell that is no answer goes to hear. */
export async function startPool(s: Setup, hear: (m: FromWorker) => void, failed: (why: Error) => void): Promise<{ pool: Member[]; ready: { models: Model[] } }> {
  const starting = Array.from({ length: s.workers }, () => Member.start(s.script, hear, failed));
  const loading = Promise.all([s.module, s.models]); // beside the workers' own beginning
  const [started, loaded] = await Promise.allSettled([Promise.all(starting), loading]);
  const pool = started.status === 'fulfilled' ? started.value : [];
  try {
    if (started.status === 'rejected') throw started.reason;
    if (loaded.status === 'rejected') throw loaded.reason;
    const [module, models] = loaded.value;
    const channels = pool.slice(1).map(() => new MessageChannel());
    const ports = channels.map((c) => c.port1);
    const [ready] = await Promise.all(
      pool.map((m, i) =>
        i === 0
          ? m.ask<{ models: Model[] }>({ do: 'start', worker: i, module, models, orderer: null, workers: ports }, ports)
          : m.ask<{ models: Model[] }>({ do: 'start', worker: i, module, models, orderer: channels[i - 1]!.port2, workers: [] }, [channels[i - 1]!.port2]),
      ),
    );
    return { pool, ready: ready! };
  } catch (e) {
    for (const m of pool) m.stop(e as Error);
    throw e;
  }
}
