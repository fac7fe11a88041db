/** A column of numbers that grows: rows come in parts, and there may be a million. */
export class Column<A extends Float64Array | Int32Array | Uint8Array> {
  length = 0;

  constructor(private values: A) {}

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new (this.values.constructor as new (n: number) => A)(2 * this.length + 1024);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  at(i: number): number {
    return this.values[i]!;
  }

  set(i: number, value: number): void {
    this.values[i] = value;
  }
}

/** Texts by number: rows repeat few classes and not many sources. */
export class Names {
  readonly texts: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a text; of one that is new, a new one. */
  number(text: string): number {
    let n = this.numbers.get(text);
    if (n === undefined) {
      n = this.texts.length;
      this.numbers.set(text, n);
      this.texts.push(text);
    }
    return n;
  }

  /** The number of a text that may be unknown: -1 then. */
  find(text: string): number {
    return this.numbers.get(text) ?? -1;
  }

  /** For each number its place in alphabetic order. */
  ranks(): Int32Array {
    const order = this.texts.map((_, n) => n).sort((a, b) => (this.texts[a]! < this.texts[b]! ? -1 : 1));
    const ranks = new Int32Array(order.length);
    order.forEach((n, place) => (ranks[n] = place));
    return ranks;
  }
}
