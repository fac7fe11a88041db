// What a base learner in AssemblyScript works with: the statuses, the frame and
// a reader of numbers. The contract in words is plugins/abi/ABI.md.

export const OK: i32 = 0;
export const BAD_FRAME: i32 = 1;
export const BAD_COLUMNS: i32 = 2;
export const NOT_CONFIGURED: i32 = 3;
export const BAD_CONFIG: i32 = 4;
export const INTERNAL: i32 = 5; // your own codes start at 16

/** The score that abstains. */
export const ABSTAIN: f32 = f32.NaN;

const MAX_TEXTS: u32 = 16;

/** A batch. It is the same object in every call: nothing may be kept of it. */
@final
export class Frame {
  rows: u32 = 0;
  columns: u32 = 0;
  /** Number of declared text columns. */
  texts: u32 = 0;
  /** Address of rows x columns float32, row-major, in the order of the
   *  description; NaN where the record has no value. */
  x: usize = 0;
  private columnAt: StaticArray<usize> = new StaticArray<usize>(<i32>MAX_TEXTS);

  /** Feature j of row i. */
  @inline
  at(i: u32, j: u32): f32 {
    return load<f32>(this.x + 4 * (<usize>i * this.columns + j));
  }

  /** The values of text t that row i has are firstValue(t, i) to firstValue(t, i + 1). */
  firstValue(t: u32, i: u32): u32 {
    return load<u32>(unchecked(this.columnAt[t]) + 8 + 4 * <usize>i);
  }

  /** Address of value k of text t: bytes, decoded and in lower case. */
  valueAt(t: u32, k: u32): usize {
    const offsets = this.offsets(t);
    const values = load<u32>(unchecked(this.columnAt[t]));
    return offsets + 4 * (<usize>values + 1) + load<u32>(offsets + 4 * <usize>k);
  }

  /** Length in bytes of value k of text t. */
  valueLength(t: u32, k: u32): u32 {
    const at = this.offsets(t) + 4 * <usize>k;
    return load<u32>(at + 4) - load<u32>(at);
  }

  private offsets(t: u32): usize {
    return unchecked(this.columnAt[t]) + 8 + 4 * (<usize>this.rows + 1);
  }

  /** Takes the frame at an address; false where it breaks the contract. */
  decode(at: usize, length: u32): bool {
    if (length < 32 || load<u32>(at) != 0x31464354 || load<u32>(at + 16) != length) return false;
    this.rows = load<u32>(at + 4);
    this.columns = load<u32>(at + 8);
    this.texts = load<u32>(at + 12);
    this.x = at + 32;
    const texts = 32 + 4 * <u64>this.rows * <u64>this.columns;
    if (this.texts > MAX_TEXTS || texts > length || load<u32>(at + 20) != texts) return false;
    let next = at + <usize>texts;
    const end = at + length;
    for (let t: u32 = 0; t < this.texts; t++) {
      if (end - next < 8) return false;
      const size = 8 + 4 * (<u64>this.rows + 1) + 4 * (<u64>load<u32>(next) + 1) + load<u32>(next + 4);
      unchecked((this.columnAt[t] = next));
      const padded = (size + 3) & ~3;
      if (padded > end - next) return false;
      next += <usize>padded;
    }
    return next == end;
  }
}

/** Reads a decimal number such as -0.25 from [at, end); NaN if there is none. */
export function parseNumber(at: usize, end: usize): f32 {
  let sign: f64 = 1, value: f64 = 0, scale: f64 = 1, digits = 0, point = false;
  if (at < end && load<u8>(at) == 0x2d) {
    sign = -1;
    at++;
  }
  for (; at < end; at++) {
    const c = <u32>load<u8>(at) - 0x30;
    if (c < 10) {
      digits++;
      if (point) value += <f64>c * (scale /= 10);
      else value = value * 10 + <f64>c;
    } else if (load<u8>(at) == 0x2e && !point) {
      point = true;
    } else {
      return f32.NaN;
    }
  }
  return digits ? <f32>(sign * value) : f32.NaN;
}

/** What the compiler calls where a program gives up. */
export function abort(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
