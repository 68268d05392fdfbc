/** Positions given as lists or as a reference to an array. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { writeNpy } from "../formats/npy.ts";
import { prepareScan } from "./prepare.ts";
import { givenPositions } from "./positions_theory.ts";
import { arrayLoader, ptyScan, rampFrames, silentServices } from "./testing.ts";

const PATH = "scans.S.data.positions_theory";

Deno.test("givenPositions() reads nested lists, arrays of any type, and null", () => {
  const load = () => ({ dtype: "int64", shape: [2, 2], data: new BigInt64Array([1n, 2n, 3n, 4n]) } as const);
  assert.equal(givenPositions(null, { path: PATH, load }), null);
  assert.deepEqual(givenPositions([[1e-6, 2e-6]], { path: PATH, load }), new Float64Array([1e-6, 2e-6]));
  assert.deepEqual(givenPositions("x.npy", { path: PATH, load }), new Float64Array([1, 2, 3, 4]));
});

Deno.test("givenPositions() refuses other shapes, naming the parameter", () => {
  const load = () => ({ dtype: "float64", shape: [4], data: new Float64Array(4) } as const);
  for (const [given, shape] of [["x.npy", "4"], [[1, 2], "2, 1"], [[[1, 2, 3]], "1, 3"]] as const) {
    assert.throws(
      () => givenPositions(given, { path: PATH, load }),
      (e) => isPtychoError(e, "ParameterError") && e.message.startsWith(`${PATH}: found an array of shape (${shape})`),
    );
  }
});

Deno.test("positions_theory names a file relative to the home of the services", () => {
  const folder = Deno.makeTempDirSync();
  try {
    writeNpy(join(folder, "xy.npy"), { dtype: "float64", shape: [2, 2], data: new Float64Array([5, 6, 7, 8]) });
    const scan = prepareScan(arrayLoader(rampFrames([2, 4, 4])), ptyScan({ shape: 4, positions_theory: "xy.npy" }), {
      label: "S",
      written: new Set(["shape", "positions_theory"]),
      services: { ...silentServices(), path: (relative) => join(folder, relative) },
      precision: "double",
      now: new Date(0),
    });
    assert.deepEqual([...scan.positions], [5, 6, 7, 8]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
