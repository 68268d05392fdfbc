/** Geometry and positions of the simulated scans, from what their parameters have in common. */

import { ParameterError, type ParameterIssue } from "../errors.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { rasterScan } from "../scan_patterns/raster.ts";
import { createPositions } from "../scan_patterns/scan_pattern.ts";

/** The path of messages; a loader does not know the label of its scan. */
const WHERE = "scans.*.data";

/** More would take a day to simulate. */
const MOST_FRAMES = 1_000_000;

/** A simulated scan before its frames are made. */
export interface SimulatedPositions {
  /** Farfield, axis at n // 2, square frames. */
  readonly geometry: Geometry;
  /** (frame, 2), row then column, metres. */
  readonly positions: Float64Array;
}

/**
 * Places at most `num_frames` positions whose spacing is `density` times the field of view. Both patterns are
 * round(sqrt(num_frames)) + 1 steps wide. Concentric shells are cut to that square, so that there can be fewer: 92 for 100. The
 * grid, which begins at (0, 0), is filled row by row and ends after `num_frames`.
 *
 * @throws {ParameterError} naming every parameter that no simulation can use
 * @see PtyPy 0.4: MoonFlowerScan, QuickScan
 */
export function simulatedPositions(
  p: PtyScanParams,
  o: { readonly density: number; readonly model: "round" | "raster" },
): SimulatedPositions {
  const { shape, num_frames } = p;
  const side = typeof shape === "object" && shape !== null ? Math.min(...shape) : shape;
  const issues: ParameterIssue[] = [];
  if (side === null || side < 2) {
    issues.push({ path: `${WHERE}.shape`, message: `found ${side ?? "None"}, expected pixels from 2 to simulate` });
  }
  if (num_frames === null || num_frames < 1) {
    issues.push({
      path: `${WHERE}.num_frames`,
      message: `found ${num_frames ?? "None"}, expected how many frames to simulate`,
    });
  }
  if (!(o.density > 0 && o.density < Infinity)) {
    issues.push({ path: `${WHERE}.density`, message: `found ${o.density}, expected a number above 0` });
  }
  if (issues.length > 0) throw new ParameterError(issues);
  if (num_frames! > MOST_FRAMES) {
    const message = `found ${num_frames}, expected at most ${MOST_FRAMES} frames to simulate`;
    throw new ParameterError([{ path: `${WHERE}.num_frames`, message }]);
  }
  const geometry = createGeometry({
    energy: p.energy,
    distance: p.distance ?? NaN,
    psize: p.psize,
    shape: side!,
    propagation: "farfield",
    where: WHERE,
  });
  const spacing = geometry.resolution.map((n) => n * side! * o.density) as [number, number];
  const steps = Math.round(Math.sqrt(num_frames!)) + 1;
  if (o.model === "raster") {
    const grid = rasterScan({ spacing, steps: [steps, steps] });
    return { geometry, positions: Float64Array.from(grid.slice(0, 2 * num_frames!)) };
  }
  const extent = spacing.map((n) => n * steps) as [number, number];
  const positions = createPositions({ model: "round", spacing, steps, extent, count: num_frames, where: WHERE });
  return { geometry, positions: positions! };
}
