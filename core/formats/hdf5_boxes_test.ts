/** Boxes: together they are the array, each is small, and none splits a chunk. */

import assert from "node:assert/strict";
import { sizeOf } from "../../kernels/nd_array.ts";
import { BOX_BYTES, boxesOf } from "./hdf5_boxes.ts";

const CASES = [
  { shape: [], elementBytes: 8, boxes: [{ offset: [], count: [] }] },
  { shape: [0, 4], elementBytes: 8, boxes: [] },
  { shape: [3, 4], elementBytes: 8, boxes: [{ offset: [0, 0], count: [3, 4] }] },
  {
    // A frame is half a box.
    shape: [5, 256, 256],
    elementBytes: 8,
    boxes: [
      { offset: [0, 0, 0], count: [2, 256, 256] },
      { offset: [2, 0, 0], count: [2, 256, 256] },
      { offset: [4, 0, 0], count: [1, 256, 256] },
    ],
  },
  {
    // A frame is one and a half boxes.
    shape: [2, 384, 512],
    elementBytes: 8,
    boxes: [0, 1].flatMap((frame) => [
      { offset: [frame, 0, 0], count: [1, 256, 512] },
      { offset: [frame, 256, 0], count: [1, 128, 512] },
    ]),
  },
  {
    // Chunks of three rows: 255 are the most whole ones.
    shape: [1, 384, 512],
    elementBytes: 8,
    chunks: [1, 3, 512],
    boxes: [{ offset: [0, 0, 0], count: [1, 255, 512] }, { offset: [0, 255, 0], count: [1, 129, 512] }],
  },
  {
    // A chunk that is larger than a box, of two frames.
    shape: [3, 384, 512],
    elementBytes: 8,
    chunks: [2, 384, 512],
    boxes: [{ offset: [0, 0, 0], count: [2, 384, 512] }, { offset: [2, 0, 0], count: [1, 384, 512] }],
  },
];

for (const { boxes, ...array } of CASES) {
  Deno.test(`boxesOf() cuts ${Deno.inspect(array)} into ${boxes.length}`, () => {
    assert.deepEqual([...boxesOf(array.shape, array)], boxes);
  });
}

Deno.test("boxesOf() reads a chunk beyond 64 MiB in parts", () => {
  const shape = [20, 2048, 2048];
  const counts = [...boxesOf(shape, { elementBytes: 4, chunks: shape })].map(({ count }) => count[0]);
  assert.deepEqual(counts, [4, 4, 4, 4, 4]);
});

Deno.test("boxesOf() without chunks stays within BOX_BYTES and follows the order of memory", () => {
  const shape = [3, 2, 700, 300];
  let next = 0;
  for (const { offset, count } of boxesOf(shape, { elementBytes: 16 })) {
    assert.ok(16 * sizeOf(count) <= BOX_BYTES);
    assert.equal(offset.reduce((at, place, axis) => at * shape[axis]! + place, 0), next);
    next += sizeOf(count);
  }
  assert.equal(next, sizeOf(shape));
});
