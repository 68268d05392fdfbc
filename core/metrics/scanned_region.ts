/** Which pixels of an object were well scanned: only there can two reconstructions agree. */

import { DataError } from "../errors.ts";
import type { ComplexPlane, PixelRectangle } from "./complex_plane.ts";

/** Pixels of a picture, 1 = belongs to the region, (y, x). */
export interface Region {
  readonly rows: number;
  readonly cols: number;
  readonly mask: Uint8Array;
}

/** What may be known about the scan that made an object. */
export interface ScanHints {
  /** (frame, 2) y, x: centres of the views in pixels of the object. */
  readonly centres?: Float64Array;
  /** Shape of a view (y, x) in pixels; an object is as large as the scan plus one view. */
  readonly view?: readonly [number, number];
}

/**
 * The well-scanned pixels of an object: the convex hull of the view centres where these are known; else the object less half
 * a view on every side, less what still has the value of its corners (never touched by the beam); else all pixels.
 */
export function scannedRegion(object: ComplexPlane, hints: ScanHints = {}): Region {
  const { rows, cols } = object;
  if (hints.centres && hints.centres.length >= 6) {
    const region = hullRegion(hints.centres, { rows, cols });
    if (area(region) >= 16) return region;
  }
  const half = hints.view ? hints.view.map((v) => Math.floor(v / 2)) : [0, 0];
  const rectangle = { y0: half[0]!, x0: half[1]!, y1: rows - half[0]!, x1: cols - half[1]! };
  const whole = rectangle.y1 - rectangle.y0 < 4 || rectangle.x1 - rectangle.x0 < 4;
  const region = rectangleRegion(whole ? { y0: 0, x0: 0, y1: rows, x1: cols } : rectangle, { rows, cols });
  const touched = withoutFill(object, region);
  return area(touched) >= 16 ? touched : region;
}

/** A rectangle as a region. @throws {DataError} if it is empty or leaves the picture */
export function rectangleRegion(rectangle: PixelRectangle, shape: { rows: number; cols: number }): Region {
  const { y0, x0, y1, x1 } = rectangle;
  if (
    ![y0, x0, y1, x1].every(Number.isInteger) || y0 < 0 || x0 < 0 || y1 > shape.rows || x1 > shape.cols || y1 <= y0 ||
    x1 <= x0
  ) {
    throw new DataError(
      `Cannot compare the region ${y0}:${y1},${x0}:${x1}: found an object of ${shape.rows} x ${shape.cols} pixels, expected a rectangle inside it`,
    );
  }
  const mask = new Uint8Array(shape.rows * shape.cols);
  for (let y = y0; y < y1; y++) mask.fill(1, y * shape.cols + x0, y * shape.cols + x1);
  return { ...shape, mask };
}

/** Number of pixels in a region. */
export function area(region: Region): number {
  return region.mask.reduce((sum, v) => sum + v, 0);
}

/** The smallest rectangle around a region. @throws {DataError} if the region has no pixel */
export function boundsOf(region: Region): PixelRectangle {
  const { rows, cols, mask } = region;
  let y0 = rows, x0 = cols, y1 = 0, x1 = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      if (!mask[y * cols + x]) continue;
      y0 = Math.min(y0, y);
      x0 = Math.min(x0, x);
      y1 = Math.max(y1, y + 1);
      x1 = Math.max(x1, x + 1);
    }
  }
  if (y1 === 0) {
    throw new DataError("Cannot compare objects: found no pixel that both have scanned, expected an overlap");
  }
  return { y0, x0, y1, x1 };
}

/** The largest rectangle that lies wholly inside a region (largest rectangle under a histogram, row by row). */
export function inscribedRectangle(region: Region): PixelRectangle {
  const { rows, cols, mask } = region;
  const height = new Int32Array(cols + 1);
  let best: PixelRectangle = { y0: 0, x0: 0, y1: 0, x1: 0 }, bestArea = 0;
  for (let y = 0; y < rows; y++) {
    const open: number[] = [];
    for (let x = 0; x <= cols; x++) {
      if (x < cols) height[x] = mask[y * cols + x] ? height[x]! + 1 : 0;
      while (open.length > 0 && height[open.at(-1)!]! >= height[x]!) {
        const h = height[open.pop()!]!;
        const x0 = open.length > 0 ? open.at(-1)! + 1 : 0;
        if (h * (x - x0) > bestArea) {
          bestArea = h * (x - x0);
          best = { y0: y - h + 1, x0, y1: y + 1, x1: x };
        }
      }
      open.push(x);
    }
  }
  return best;
}

/** Pixels whose centres lie in the convex hull of the points. */
function hullRegion(centres: Float64Array, shape: { rows: number; cols: number }): Region {
  const hull = convexHull(centres);
  const mask = new Uint8Array(shape.rows * shape.cols);
  for (let y = 0; y < shape.rows; y++) {
    let from = Infinity, to = -Infinity;
    for (let i = 0; i < hull.length; i++) {
      const [ay, ax] = hull[i]!, [by, bx] = hull[(i + 1) % hull.length]!;
      if (Math.min(ay, by) > y || Math.max(ay, by) < y) continue;
      const x = ay === by ? [ax, bx] : [ax + (bx - ax) * (y - ay) / (by - ay)];
      from = Math.min(from, ...x);
      to = Math.max(to, ...x);
    }
    const x0 = Math.max(0, Math.ceil(from)), x1 = Math.min(shape.cols, Math.floor(to) + 1);
    if (x1 > x0) mask.fill(1, y * shape.cols + x0, y * shape.cols + x1);
  }
  return { ...shape, mask };
}

/** Corners of the convex hull in order, by Andrew's monotone chain. */
function convexHull(centres: Float64Array): [number, number][] {
  const points: [number, number][] = Array.from(
    { length: centres.length / 2 },
    (_, i) => [centres[2 * i]!, centres[2 * i + 1]!],
  );
  points.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const chain = (ordered: [number, number][]) => {
    const out: [number, number][] = [];
    for (const p of ordered) {
      while (out.length >= 2 && turn(out.at(-2)!, out.at(-1)!, p) <= 0) out.pop();
      out.push(p);
    }
    return out.slice(0, -1);
  };
  return [...chain(points), ...chain(points.toReversed())];
}

function turn(a: [number, number], b: [number, number], c: [number, number]): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** The region without the pixels that equal the corners exactly, if at least three corners agree. */
function withoutFill(object: ComplexPlane, region: Region): Region {
  const { rows, cols, data } = object;
  const corners = [0, cols - 1, (rows - 1) * cols, rows * cols - 1];
  const equal = (i: number, j: number) => data[2 * i] === data[2 * j] && data[2 * i + 1] === data[2 * j + 1];
  const fill = corners.find((i) => corners.filter((j) => equal(i, j)).length >= 3);
  if (fill === undefined) return region;
  return { ...region, mask: region.mask.map((v, i) => equal(i, fill) ? 0 : v) };
}
