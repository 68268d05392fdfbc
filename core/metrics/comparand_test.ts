/** What can be compared, and whose scanned area counts. */

import assert from "node:assert/strict";
import { complexArray } from "../../kernels/nd_array.ts";
import { isPtychoError } from "../errors.ts";
import { type Comparand, comparandOf, comparePair } from "./comparand.ts";

const PSIZE = [3e-8, 3e-8] as const;

/** An asymmetric object of 40 x 44 pixels, shifted by whole pixels, times a factor. */
function object(shift: readonly [number, number], factor: number) {
  const data = new Float64Array(2 * 40 * 44);
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 44; x++) {
      const v = y + shift[0], u = x + shift[1];
      const phase = Math.sin(0.4 * v) + 0.5 * Math.cos(0.35 * u + 0.1 * v);
      data.set([factor * Math.cos(phase), factor * Math.sin(phase)], 2 * (y * 44 + x));
    }
  }
  return complexArray(data, [1, 40, 44]);
}

function storage(data = object([0, 0], 1), psize: readonly [number, number] = PSIZE) {
  return {
    ID: "SscanG00",
    data,
    psize,
    center: [20, 22] as const,
    origin: [0, 0] as const,
    energy: 7,
    fill_value: 0,
    layermap: [0],
    nlayers: 1,
    padding: 0,
    numID: 1,
  };
}

/** View centres at pixels (10, 12), (10, 30), (30, 30), (30, 12), in metres around the pixel (20, 22). */
const POSITIONS = {
  dtype: "float64" as const,
  shape: [4, 2],
  data: Float64Array.from([-10, -10, -10, 8, 10, 8, 10, -10].map((v) => v * 3e-8)),
};

const FILE = {
  obj: { SscanG00: storage() },
  probe: { SscanG00: storage(complexArray(new Float64Array(2 * 64).fill(1), [1, 8, 8])) },
  positions: { SscanG00: POSITIONS },
};

Deno.test("comparandOf() knows the centres of the views in pixels of the object", () => {
  const side = comparandOf(FILE, { name: "a.ptyr", kind: "object" });
  assert.equal(side.ID, "SscanG00");
  const expected = [10, 12, 10, 30, 30, 30, 30, 12];
  side.hints!.centres!.forEach((v, i) => assert.ok(Math.abs(v - expected[i]!) < 1e-9));
  assert.deepEqual(side.hints!.view, [8, 8]);
});

Deno.test("comparandOf() names the storages that are there", () => {
  assert.throws(
    () => comparandOf(FILE, { name: "a.ptyr", kind: "object", storage: "SotherG00" }),
    (e) =>
      isPtychoError(e, "DataError") &&
      /"SotherG00" from "a.ptyr": found no such ID, expected one of SscanG00/.test(e.message),
  );
});

Deno.test("comparePair() takes the scanned area of the side that knows it and gives the alignment of B onto A", () => {
  const truth: Comparand = { name: "truth.npy", ID: null, data: object([2, -1], 4), psize: null, hints: null };
  const file = comparandOf(FILE, { name: "a.ptyr", kind: "object" });
  const forward = comparePair(file, truth, { kind: "object" });
  const backward = comparePair(truth, file, { kind: "object" });
  assert.deepEqual([forward.grid, backward.grid], ["A", "B"]);
  for (const [pair, sign, scale] of [[forward, 1, 0.25], [backward, -1, 4]] as const) {
    const { nrmse, alignment, region } = pair.compared.comparison;
    assert.ok(nrmse < 1e-9);
    // truth(r) = file(r + (2, -1)): the truth has to move by (2, -1) to lie on the file.
    assert.ok(Math.abs(alignment.shift[0] - 2 * sign) < 1e-6 && Math.abs(alignment.shift[1] + sign) < 1e-6);
    assert.ok(Math.abs(Math.hypot(...alignment.scale) - scale) < 1e-6);
    assert.deepEqual(region.bounds, { y0: 10, x0: 12, y1: 31, x1: 31 });
  }
});

Deno.test("comparePair() asks for a pixel size that nobody knows and refuses different ones", () => {
  const plain: Comparand = { name: "x.npy", ID: null, data: object([0, 0], 1), psize: null, hints: null };
  assert.throws(
    () => comparePair(plain, plain, { kind: "object" }),
    (e) => isPtychoError(e, "DataError") && /--psize/.test(e.message),
  );
  const pair = comparePair(plain, plain, { kind: "object", psize: [1e-9, 1e-9] });
  assert.equal(pair.compared.comparison.region.pixels, 40 * 44);
  assert.equal(pair.compared.comparison.resolution.halfBit.metres, 1e-9);
  const a = comparandOf(FILE, { name: "a.ptyr", kind: "object" });
  const other = { ...a, name: "b.ptyr", psize: [3.1e-8, 3.1e-8] as const };
  assert.throws(
    () => comparePair(a, other, { kind: "object" }),
    (e) => isPtychoError(e, "DataError") && /equal ones/.test(e.message),
  );
});

Deno.test("comparePair() of probes compares where there is light", () => {
  const data = new Float64Array(2 * 30 * 30);
  for (let y = 0; y < 30; y++) {
    for (let x = 0; x < 30; x++) data[2 * (y * 30 + x)] = Math.exp(-((y - 13) ** 2 + (x - 16) ** 2) / 40);
  }
  const probe: Comparand = { name: "p", ID: "S", data: complexArray(data, [1, 30, 30]), psize: PSIZE, hints: {} };
  const turned = {
    ...probe,
    data: complexArray(data.map((_, i) => i % 2 ? data[i - 1]! : -data[i + 1]!), [1, 30, 30]),
  };
  const { comparison } = comparePair(probe, turned, { kind: "probe" }).compared;
  assert.ok(comparison.nrmse < 1e-12);
  // Intensity exp(-r^2 / 20) > 0.01 within r = 9.6: about 289 pixels.
  assert.ok(Math.abs(comparison.region.pixels - Math.PI * 20 * Math.log(100)) < 20);
  assert.deepEqual(comparison.frcRectangle, { y0: 0, x0: 0, y1: 30, x1: 30 });
});

Deno.test("comparePair() of probes does not mind how incoherent modes are mixed", () => {
  const side = (angle: number): Comparand => {
    const data = new Float64Array(2 * 2 * 24 * 24);
    for (let y = 0; y < 24; y++) {
      for (let x = 0; x < 24; x++) {
        const v = Math.exp(-((y - 11) ** 2 + (x - 12) ** 2) / 30), p = [v, 0.3 * v * Math.sin(x)] as const;
        const q = [0.1 * v * (x - 12), 0.08 * v * (y - 11)] as const;
        const c = Math.cos(angle), s = Math.sin(angle), i = 2 * (y * 24 + x);
        data.set([c * p[0] + s * q[0], c * p[1] + s * q[1]], i);
        data.set([c * q[0] - s * p[0], c * q[1] - s * p[1]], i + 2 * 24 * 24);
      }
    }
    return { name: "p", ID: "S", data: complexArray(data, [2, 24, 24]), psize: PSIZE, hints: {} };
  };
  assert.ok(comparePair(side(0.2), side(1.1), { kind: "probe" }).compared.comparison.nrmse < 1e-9);
});
