// A base learner: a linear model over the whole row, w . x, missing values left
// out. The weights come from the configuration, one number a column, so that
// this file stays as it is when they change; without one each weight is 1.
// Change what it is called, what it wants to see, configure and score.
import { ABSTAIN, BAD_COLUMNS, BAD_CONFIG, Frame, OK, parseNumber } from "./tiercel";

export const DESCRIPTION: string = `tiercel 1
id example-assemblyscript
version 0.1.0
title A linear learner in AssemblyScript
kind http
feature *
cost 60
`;

// Memory of a module is never freed (--runtime stub): it is made once.
const MAX_COLUMNS: u32 = 4096;
const weights = new StaticArray<f32>(<i32>MAX_COLUMNS);
let columns: u32 = 0; // 0 before the first configuration

export function configure(at: usize, length: u32): i32 {
  const end = at + length;
  columns = 0;
  while (at < end) {
    if (load<u8>(at) <= 0x20) {
      at++;
      continue;
    }
    const from = at;
    while (at < end && load<u8>(at) > 0x20) at++;
    const w = parseNumber(from, at);
    if (isNaN(w) || columns == MAX_COLUMNS) {
      columns = 0;
      return BAD_CONFIG;
    }
    unchecked((weights[columns++] = w));
  }
  return columns ? OK : BAD_CONFIG;
}

export function score(f: Frame, scores: usize): i32 {
  const d = f.columns;
  if (columns && d != columns) return BAD_COLUMNS;
  for (let j: u32 = 0; !columns && j < d; j++) unchecked((weights[j] = 1));
  let x = f.x;
  for (let i: u32 = 0; i < f.rows; i++) {
    let sum: f32 = 0;
    for (let j: u32 = 0; j < d; j++, x += 4) {
      const v = load<f32>(x);
      if (v == v) sum += unchecked(weights[j]) * v;
    }
    store<f32>(scores + 4 * <usize>i, isFinite(sum) ? sum : ABSTAIN);
  }
  return OK;
}
