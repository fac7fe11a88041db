import { EngineError } from './engine.js';

/** What host/internal/module gives: for a call of tiercel_score, and for starting and configuring each. */
const CALL_FUEL = 6_000_000n;
const START_FUEL = 2_000_000_000n;

/** See plugins/abi. */
const ABI = 1;
const MAX_DESCRIPTION = 64 << 10;
const MAX_FRAME = 16 << 20;
const FIRST_REGION = 64 << 10;

/** What score answers beside a status; see wasm/engine/guest.go. */
const EXHAUSTED = -1;
const TRAPPED = -2;

interface Exports {
  memory: WebAssembly.Memory;
  tiercel_fuel: WebAssembly.Global;
  _initialize?(): void;
  tiercel_abi(): number;
  tiercel_describe(): bigint;
  tiercel_reserve(size: number): number;
  tiercel_configure(at: number, length: number): number;
  tiercel_score(frame: number, length: number, scores: number): number;
}

/** Thrown by an import to end a call of the guest. */
class Ended extends Error {}

/**
 * A plugin's module, running beside the engine under the contract of
 * plugins/abi/ABI.md. Its module was given fuel by the engine's inject; whatever
 * it does, a call ends, and scores are the bits that the host gets of it.
 */
export class Guest {
  private x!: Exports;
  private region = 0;
  private capacity = 0;
  private clock = 0n;
  private seed = 0n;
  private said = '';

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly config: Uint8Array | null,
  ) {
    this.start();
  }

  /** What the plugin says of itself: see abi.ParseDescription. */
  describe(): Uint8Array {
    const packed = BigInt.asUintN(64, this.call(START_FUEL, () => this.x.tiercel_describe()));
    const [at, n] = [Number(packed >> 32n), Number(packed & 0xffffffffn)];
    if (n > MAX_DESCRIPTION || at + n > this.x.memory.buffer.byteLength) throw new EngineError('the plugin describes itself outside its memory');
    return new Uint8Array(this.x.memory.buffer, at, n).slice();
  }

  /** Scores a frame: an abi.Status, EXHAUSTED or TRAPPED. After those two it was started anew. */
  score(frame: Uint8Array, scores: Float32Array): number {
    try {
      this.room(frame.length + 4 * scores.length);
      // views of memory are taken afresh: growth detaches them
      new Uint8Array(this.x.memory.buffer, this.region, frame.length + 4 * scores.length).fill(0, frame.length);
      new Uint8Array(this.x.memory.buffer, this.region, frame.length).set(frame);
      const out = this.region + frame.length;
      const status = this.call(CALL_FUEL, () => this.x.tiercel_score(this.region, frame.length, out));
      if (status === 0) scores.set(new Float32Array(this.x.memory.buffer, out, scores.length));
      return status < 0 ? 5 : status;
    } catch {
      const left = this.x.tiercel_fuel.value as bigint;
      try {
        this.start();
      } catch {
        // it started before, and will be tried again with the next frame
      }
      return left < 0n ? EXHAUSTED : TRAPPED;
    }
  }

  private start(): void {
    this.region = this.capacity = 0;
    this.clock = this.seed = 0n;
    this.x = new WebAssembly.Instance(this.module, this.imports()).exports as unknown as Exports;
    if (this.x._initialize) this.call(START_FUEL, () => this.x._initialize!());
    const version = this.call(CALL_FUEL, () => this.x.tiercel_abi());
    if (version !== ABI) throw new EngineError(`the plugin speaks version ${version} of the contract, this engine version ${ABI}`);
    if (!this.config) return;
    this.room(this.config.length);
    new Uint8Array(this.x.memory.buffer, this.region, this.config.length).set(this.config);
    const status = this.call(START_FUEL, () => this.x.tiercel_configure(this.region, this.config!.length));
    if (status !== 0) throw new EngineError(`the plugin refuses its configuration (status ${status})`);
  }

  /** Has the guest reserve at least n bytes. */
  private room(n: number): void {
    if (n <= this.capacity) return;
    if (n > 2 * MAX_FRAME) throw new EngineError('a frame larger than the contract allows');
    let want = Math.max(FIRST_REGION, this.capacity);
    while (want < n) want *= 2;
    const at = this.call(START_FUEL, () => this.x.tiercel_reserve(want)) >>> 0;
    if (at === 0 || at % 4 !== 0 || at + want > this.x.memory.buffer.byteLength) throw new EngineError('the plugin gives no region inside its memory');
    this.region = at;
    this.capacity = want;
  }

  private call<T>(fuel: bigint, run: () => T): T {
    this.x.tiercel_fuel.value = fuel;
    try {
      return run();
    } catch (e) {
      if (e instanceof EngineError) throw e;
      const why = (this.x.tiercel_fuel.value as bigint) < 0n ? 'it ran out of fuel' : e instanceof Error ? e.message : String(e);
      throw new EngineError(`the plugin failed: ${why}${this.said ? `, saying: ${this.said.slice(-300)}` : ''}`);
    }
  }

  /** Takes fuel for what is done on the guest's behalf. */
  private spend(units: number): void {
    if (!this.x) return; // a start function runs before the fuel is at hand
    const left = (this.x.tiercel_fuel.value as bigint) - BigInt(units);
    this.x.tiercel_fuel.value = left;
    if (left < 0n) throw new Ended('out of fuel');
  }

  /**
   * What plugins/fuel/imports.go lets through, as host/internal/module answers
   * it: no files, no environment, a clock that counts calls, random bytes that are the
   * same in every instance.
   */
  private imports(): WebAssembly.Imports {
    const memory = () => this.x.memory.buffer;
    const view = () => new DataView(memory());
    const OK = 0, BADF = 8, NOSYS = 52;
    const none = (count: number, size: number) => (view().setUint32(count, 0, true), view().setUint32(size, 0, true), OK);
    const calls: Record<string, (...a: never[]) => number> = {
      args_get: () => OK,
      args_sizes_get: none,
      environ_get: () => OK,
      environ_sizes_get: none,
      clock_res_get: (_id: number, at: number) => (view().setBigUint64(at, 1000n, true), OK),
      clock_time_get: (_id: number, _precision: bigint, at: number) => (view().setBigUint64(at, (this.clock += 1000n), true), OK),
      fd_fdstat_get: (fd: number, at: number) => {
        if (fd > 2) return BADF;
        new Uint8Array(memory(), at, 24).fill(0)[0] = 2; // a character device
        return OK;
      },
      fd_write: (fd: number, list: number, count: number, written: number) => {
        if (fd !== 1 && fd !== 2) return BADF;
        let n = 0;
        for (let k = 0; k < Math.min(count, 16); k++) {
          const bytes = new Uint8Array(memory(), view().getUint32(list + 8 * k, true), view().getUint32(list + 8 * k + 4, true));
          this.said = (this.said + new TextDecoder().decode(bytes.subarray(-2048))).slice(-2048);
          n += bytes.length;
        }
        return view().setUint32(written, n, true), OK;
      },
      poll_oneoff: (list: number, out: number, n: number, events: number) => {
        if (n === 0 || n > 64) return NOSYS;
        for (let k = 0; k < n; k++) this.poll(view(), list + 48 * k, out + 32 * k);
        return view().setUint32(events, n, true), OK;
      },
      random_get: (at: number, n: number) => {
        this.spend(n);
        this.random(new Uint8Array(memory(), at, n));
        return OK;
      },
      sched_yield: () => OK,
      sock_accept: () => NOSYS,
      sock_shutdown: () => NOSYS,
      proc_exit: () => {
        throw new Ended('it exited');
      },
    };
    const wasi: Record<string, (...a: never[]) => number> = {};
    for (const i of WebAssembly.Module.imports(this.module)) {
      const call = calls[i.name] ?? (() => BADF);
      wasi[i.name] = (...a) => (this.spend(100), call(...a));
    }
    const log = (_level: number, at: number, n: number) => {
      this.spend(1000);
      this.said = new TextDecoder().decode(new Uint8Array(memory(), at, Math.min(n, 4 << 10)));
    };
    return { wasi_snapshot_preview1: wasi, tiercel: { log, matvec: this.matvec } };
  }

  /** Every clock subscription ends at once and moves the clock; others are not to be had. */
  private poll(view: DataView, at: number, to: number): void {
    for (let i = 0; i < 32; i += 8) view.setBigUint64(to + i, 0n, true);
    view.setBigUint64(to, view.getBigUint64(at, true), true);
    view.setUint8(to + 10, view.getUint8(at + 8));
    if (view.getUint8(at + 8) !== 0) return view.setUint8(to + 8, 8);
    const wait = view.getBigUint64(at + 24, true);
    if ((view.getUint16(at + 40, true) & 1) === 0) this.clock = BigInt.asUintN(64, this.clock + wait);
    else if (wait > this.clock) this.clock = wait;
  }

  /** SplitMix64 from seed 0 (Steele, Lea, Flood 2014). */
  private random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if (i % 8 === 0) this.seed = BigInt.asUintN(64, this.seed + 0x9e3779b97f4a7c15n);
      let z = this.seed;
      z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
      z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
      bytes[i] = Number(((z ^ (z >> 31n)) >> BigInt(8 * (i % 8))) & 0xffn);
    }
  }

  /** abi.Matvec: every product and sum rounded to float32, missing values left out. */
  private readonly matvec = (out: number, x: number, w: number, n: number, d: number): void => {
    if (n > MAX_FRAME || d > MAX_FRAME || n * d > MAX_FRAME) throw new Ended('matvec: larger than a frame');
    this.spend(4 * n + n * d);
    const [to, rows, weights] = [new Float32Array(this.x.memory.buffer, out, n), new Float32Array(this.x.memory.buffer, x, n * d), new Float32Array(this.x.memory.buffer, w, d)];
    const s = new Float32Array(5); // rounds what is written to it
    const whole = d - (d % 4);
    for (let i = 0; i < n; i++) {
      s.fill(0);
      for (let j = 0; j < d; j++) {
        const v = rows[i * d + j]!;
        const k = j < whole ? j & 3 : 4;
        if (v === v) s[k] = s[k]! + Math.fround(v * weights[j]!);
      }
      to[i] = Math.fround(Math.fround(Math.fround(s[0]! + s[1]!) + Math.fround(s[2]! + s[3]!)) + s[4]!);
    }
  };
}
