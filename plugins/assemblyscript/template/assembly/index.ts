// The exports of a module, which call what ./learner exports:
//
//   DESCRIPTION: string                              see ABI.md, ASCII
//   configure(at: usize, length: u32): i32           takes the user's text
//   score(frame: Frame, scores: usize): i32          writes a float32 a row
import { DESCRIPTION, configure, score } from "./learner";
import { BAD_COLUMNS, BAD_FRAME, Frame } from "./tiercel";

// Made once: the runtime of this module never frees.
const frame = new Frame();
const description = String.UTF8.encode(DESCRIPTION);
const wanted = countFeatures();
let region: usize = 0;
let capacity: u32 = 0;

/** How many features the description names; -1 for all, whose number varies. */
function countFeatures(): i32 {
  const lines = DESCRIPTION.split("\n");
  let n = 0;
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] == "feature *") return -1;
    if (lines[i].startsWith("feature ")) n++;
  }
  return n;
}

export function tiercel_abi(): i32 {
  return 1;
}

export function tiercel_describe(): i64 {
  return (<i64>changetype<usize>(description) << 32) | <i64>description.byteLength;
}

/** A larger region leaves the smaller behind; the engine doubles it, so that
 *  loses at most as much again. */
export function tiercel_reserve(size: u32): usize {
  if (size > capacity) {
    region = heap.alloc(size);
    capacity = size;
  }
  return region;
}

export function tiercel_configure(at: usize, length: u32): i32 {
  return configure(at, length);
}

export function tiercel_score(at: usize, length: u32, scores: usize): i32 {
  if (!frame.decode(at, length)) return BAD_FRAME;
  if (wanted >= 0 && frame.columns != <u32>wanted) return BAD_COLUMNS;
  return score(frame, scores);
}
