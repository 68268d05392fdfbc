/** What the comparison page shows. */

import assert from "node:assert/strict";
import { complexArray } from "../../kernels/nd_array.ts";
import { compareObjects } from "../metrics/compare.ts";
import { rectangleRegion } from "../metrics/scanned_region.ts";
import { comparisonFigure } from "./comparison_figure.ts";

function picture(noise: number) {
  const data = Float64Array.from({ length: 2 * 40 * 50 }, (_, i) => {
    const pixel = i >> 1, y = Math.floor(pixel / 50), x = pixel % 50;
    const phase = Math.sin(0.3 * y) + Math.cos(0.2 * x + 0.1 * y) + noise * Math.sin(i * i);
    return i % 2 ? Math.sin(phase) : Math.cos(phase);
  });
  return complexArray(data, [1, 40, 50]);
}

for (const noise of [0, 0.3]) {
  Deno.test(`comparisonFigure() shows both, their difference and the numbers, with noise ${noise}`, () => {
    const psize = [2e-8, 2e-8] as const;
    const region = rectangleRegion({ y0: 5, x0: 6, y1: 35, x1: 44 }, { rows: 40, cols: 50 });
    const compared = compareObjects(picture(0), picture(noise), { psize, region });
    const svg = comparisonFigure({ compared, kind: "object", nameA: "/some/where/a.ptyr", nameB: "b.npy", psize });
    for (
      const text of [
        "Objects compared",
        "A: a.ptyr    B: b.npy",
        "Phase of B",
        "Difference A − B",
        "NRMSE",
        "1140 pixels of 20 nm",
      ]
    ) {
      assert.ok(svg.includes(text), text);
    }
    assert.equal(svg.includes("at best 20 nm"), noise === 0);
    // Six pictures with a colour bar each.
    assert.equal(svg.match(/<image /g)!.length, 12);
    assert.equal(/NaN|undefined|Infinity/.test(svg.replaceAll(/base64,[^"]*/g, "")), false);
  });
}
