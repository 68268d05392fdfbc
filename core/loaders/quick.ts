/** Frames that hold one bright pixel each: to measure speed, not to reconstruct. */

import type { QuickScanParams } from "../parameters/scandata/quick_scan.ts";
import { defineLoader } from "./loader.ts";
import { simulatedPositions } from "./simulated_positions.ts";

/** Counts in the middle pixel. */
const PHOTONS = 1e7;

/** The same frame at positions on concentric shells. @see PtyPy 0.4: QuickScan */
export const quick = defineLoader<QuickScanParams>({
  name: "QuickScan",
  open(p) {
    const { geometry, positions } = simulatedPositions(p, { density: p.density, model: "round" });
    const [rows, cols] = geometry.shape;
    const center = [Math.floor(rows / 2), Math.floor(cols / 2)] as const;
    return {
      numFrames: positions.length / 2,
      positions,
      weight: null,
      source: "QuickScan",
      found: { shape: geometry.shape, center },
      frames(start, stop) {
        const data = new Int32Array((stop - start) * rows * cols);
        for (let i = center[0] * cols + center[1]; i < data.length; i += rows * cols) data[i] = PHOTONS;
        return { data: { dtype: "int32", shape: [stop - start, rows, cols], data } };
      },
      [Symbol.dispose]: () => {},
    };
  },
});
