/** Archives that NumPy wrote, our own, and hostile ones. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { loadArray } from "./array_file.ts";
import { boundHdf5 } from "./hdf5_bounds.ts";
import { writeNpz } from "./npz.ts";
import { listNpz, parseNpz, readNpz } from "./npz_reader.ts";

const FOLDER = join(import.meta.dirname!, "../../tests/fixtures/beamlines/savu");
const PACKED = Deno.readFileSync(join(FOLDER, "packed.npz"));

/** Of 4 frames: 1 + 1000 frame + 100 y + x. */
const FRAMES = Array.from({ length: 140 }, (_, i) => {
  const pixel = i % 35;
  return 1 + 1000 * Math.floor(i / 35) + 100 * Math.floor(pixel / 7) + pixel % 7;
});

Deno.test("loadArray() reads arrays of .npz files, compressed or not, the only one without a name", () => {
  const frames = loadArray(`${join(FOLDER, "packed.npz")}:/frames`);
  assert.deepEqual([frames.dtype, frames.shape, [...frames.data].map(Number)], ["uint16", [4, 5, 7], FRAMES]);
  const only = loadArray(join(FOLDER, "stored.npz"));
  assert.deepEqual([only.dtype, only.shape, [...only.data].map(Number)], ["int32", [4, 5, 7], FRAMES]);
});

Deno.test("readNpz() reads what writeNpz() writes", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const data = Float64Array.of(1, -2, 3e300);
    writeNpz(join(folder, "x.npz"), [{ name: "a", dtype: "float64", shape: [3], parts: () => [data] }]);
    assert.deepEqual(readNpz(join(folder, "x.npz"), "a"), { dtype: "float64", shape: [3], data });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("readNpz() names the arrays where none or another is named", () => {
  const path = join(FOLDER, "packed.npz");
  assert.throws(() => readNpz(path), /found 2 arrays, expected one of ".*:\/frames", ".*:\/mask"/);
  assert.throws(() => readNpz(path, "frame"), /found no "frame", expected one of ".*:\/frames"/);
  assert.throws(() => readNpz(join(FOLDER, "pack.npz")), /found no such file; did you mean "packed\.npz"/);
});

/** A copy with other bytes somewhere in the list at the end, or in the content. */
function changed(at: (bytes: Uint8Array, view: DataView, list: number) => void): Uint8Array {
  const bytes = PACKED.slice();
  const view = new DataView(bytes.buffer);
  at(bytes, view, view.getUint32(bytes.length - 6, true));
  return bytes;
}

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  [
    "other content",
    new TextEncoder().encode("not an archive, whatever its length may be"),
    /no list of arrays at its end/,
  ],
  ["nothing", new Uint8Array(0), /no list of arrays at its end/],
  ["an archive that is cut off", PACKED.slice(0, 400), /no list of arrays at its end/],
  [
    "absurd sizes",
    changed((_, view, list) => view.setUint32(list + 24, 4e9, true)),
    /"frames\.npy" of 4000000000 bytes in/,
  ],
  ["sizes of zip64", changed((_, view, list) => view.setUint32(list + 24, 2 ** 32 - 1, true)), /of more than 4 GB/],
  ["another compression", changed((_, view, list) => view.setUint16(list + 10, 12, true)), /compressed by method 12/],
  [
    "a size that is too small",
    changed((_, view, list) => view.setUint32(list + 24, 100, true)),
    /content that is damaged/,
  ],
  ["content that was changed", changed((bytes) => bytes[120]! ^= 0x55), /content that is damaged/],
  ["an array that begins beyond the end", changed((_, view, list) => view.setUint32(list + 42, 1e6, true)), /damaged/],
  [
    "more arrays than are listed",
    changed((bytes, view) => view.setUint16(bytes.length - 12, 9, true)),
    /list of arrays that is damaged/,
  ],
];
for (const [what, bytes, says] of HOSTILE) {
  Deno.test(`parseNpz() refuses ${what}`, () => {
    const read = () => parseNpz(bytes, { file: "x", name: "frames" });
    assert.throws(read, (e) => isPtychoError(e, "DataError") && says.test(e.message));
  });
}

Deno.test("readNpz() keeps to the bounds of the process before it inflates", () => {
  const [frames] = listNpz(PACKED, "x");
  assert.ok(PACKED.length < 500 || frames!.size > 300);
  using _bounds = boundHdf5({ mayOpen: () => true, mostBytes: 300 });
  assert.throws(() => parseNpz(PACKED, { file: "x", name: "frames" }), /expected at most 300/);
});
