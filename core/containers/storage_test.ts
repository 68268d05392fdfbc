/** Pixel grids, sizes and IDs of storages. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { allocateStorages } from "./container.ts";
import { exitLayer } from "./pod.ts";
import { boundingBox, firstPixel, storageOver } from "./storage.ts";
import { numberedID } from "./view.ts";

const GRID = { psize: [2, 1], shape: [4, 5] } as const;
const FIELDS = { ID: "SaG00", numID: 1, start: 0, psize: GRID.psize, energy: 7.2, layermap: [0], padding: 0 } as const;

Deno.test("firstPixel() is n // 2 before the nearest pixel", () => {
  assert.deepEqual(firstPixel([0, 0], GRID), [-2, -2]);
  assert.deepEqual(firstPixel([6.9, -3.4], GRID), [1, -5]);
});

Deno.test("firstPixel() decides ties upwards by a grain of 1e-5 pixels, also below 0", () => {
  assert.deepEqual(firstPixel([1, 0.5], GRID), [-1, -1]);
  assert.deepEqual(firstPixel([-1, -0.5], GRID), [-2, -2]);
  assert.deepEqual(firstPixel([0.9999, 0.49998], GRID), [-2, -2]);
});

Deno.test("boundingBox() and storageOver() hold the views and the margin, and know where zero is", () => {
  const box = boundingBox([[-7, 3], [1, -2]], { shape: GRID.shape, padding: 1 });
  assert.deepEqual(box, { low: [-8, -3], high: [6, 9] });
  const storage = storageOver(box, FIELDS);
  assert.deepEqual([storage.rows, storage.cols], [14, 12]);
  assert.deepEqual([storage.center, storage.origin], [[8, 3], [-16, -3]]);
});

Deno.test("allocateStorages() refuses what no memory holds, with a hint at units, before it takes any", () => {
  const storage = storageOver({ low: [0, 0], high: [2e6, 3e6] }, FIELDS);
  assert.throws(
    () => allocateStorages([storage], { name: "object", precision: "single" }),
    (e: unknown) =>
      isPtychoError(e, "DataError") && /2000000 x 3000000.*48000\.0 GB.*positions are in metres/.test(e.message),
  );
  const small = storageOver({ low: [0, 0], high: [2, 3] }, FIELDS);
  assert.equal(allocateStorages([small, small], { name: "probe", precision: "double" }).length, 24);
});

Deno.test("IDs and exit layers are numbered as in PtyPy", () => {
  assert.deepEqual([numberedID("V", 7), numberedID("P", 12345)], ["V0007", "P12345"]);
  assert.equal(exitLayer({ frame: 3, probeMode: 2, objectMode: 1 }), 30201);
});
