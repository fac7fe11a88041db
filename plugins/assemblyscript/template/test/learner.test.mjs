// Tests the built module in Node: frames as the engine writes them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const { exports } = new WebAssembly.Instance(module, {
  tiercel: { log() {}, matvec() { throw new Error("not in this test"); } },
});
exports._initialize?.();

const region = exports.tiercel_reserve(1 << 16);
const words = () => new Uint32Array(exports.memory.buffer, region);
const floats = () => new Float32Array(exports.memory.buffer, region);

function configure(text) {
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(exports.memory.buffer, region).set(bytes);
  return exports.tiercel_configure(region, bytes.length);
}

function score(x, rows, columns) {
  const size = 32 + 4 * rows * columns;
  words().set([0x31464354, rows, columns, 0, size, size, 0, 0]);
  floats().set(x, 8);
  const status = exports.tiercel_score(region, size, region + size);
  return status || Array.from(floats().subarray(size / 4, size / 4 + rows));
}

assert.equal(exports.tiercel_abi(), 1);
const packed = BigInt.asUintN(64, exports.tiercel_describe());
const description = new Uint8Array(exports.memory.buffer, Number(packed >> 32n), Number(packed & 0xffffffffn));
assert.match(new TextDecoder().decode(description), /^tiercel 1\nid /);

const x = [1, 2, 3, 4, NaN, 6];
assert.deepEqual(score(x, 2, 3), [6, 10]); // before a configuration each weight is 1
assert.equal(configure("0.5 -1\n2"), 0);
assert.deepEqual(score(x, 2, 3), [4.5, 14]);
assert.equal(score(x, 3, 2), 2); // not the columns that the weights are for
assert.equal(configure("0.5 x"), 4);
words().set([0, 0]);
assert.equal(exports.tiercel_score(region, 32, region + 64), 1);
console.log("ok");
