/** Openings that form a beam: discs and rectangles with soft edges, a central stop, a diffuser. */

import { erf } from "./error_function.ts";
import { ParameterError } from "./errors.ts";
import { type FieldNoise, fieldNoise } from "./field_noise.ts";
import { type OneOrPair, pairOf } from "./pair.ts";
import type { Random } from "./random.ts";

/** The parameters `illumination.aperture`; see there for units. */
export interface ApertureOptions {
  readonly form: "circ" | "rect" | null;
  readonly size: OneOrPair | null;
  readonly offset: OneOrPair;
  readonly rotate: number;
  readonly edge: number;
  readonly central_stop: number | null;
  readonly diffuser: FieldNoise | null;
}

/** The plane of the aperture. */
export interface AperturePlane {
  /** Coordinates of the rows and columns in metres. */
  readonly grid: readonly [Float64Array, Float64Array];
  /** Pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  readonly random: Random;
  /** Path of the parameters, such as `scans.MF.illumination.aperture`. */
  readonly where: string;
}

/**
 * The complex transmission of an aperture, (y, x).
 *
 * With (V, H) the distances from the middle in pixels, (v, h) the size in pixels and S(x, w) = (1 + erf(2.35 x / w)) / 2: a
 * disc is S(1/2 - sqrt(V^2 / v^2 + H^2 / h^2), edge / sqrt(v h)), a rectangle S(v / 2 - |V|, edge) S(h / 2 - |H|, edge), a stop
 * of fraction c one minus the same with c v, c h.
 *
 * @throws {ParameterError} if the opening has no area, its edge is negative or hardly anything of it lies within the grid
 * @see PtyPy 0.4: core.illumination.aperture
 */
export function aperture(p: ApertureOptions, { grid, psize, random, where }: AperturePlane): Float64Array {
  const [rows, cols] = [grid[0].length, grid[1].length];
  const transmission = p.diffuser === null
    ? Float64Array.from({ length: 2 * rows * cols }, (_, i) => 1 - i % 2)
    : fieldNoise(p.diffuser, { layers: 1, rows, cols, random });
  if (p.form === null) return transmission;
  const size = p.size === null ? [rows / 3, cols / 3] as const : sizeInPixels(p.size, psize);
  if (!(size[0] > 0 && size[1] > 0)) {
    throw new ParameterError([{
      path: `${where}.size`,
      message: `found ${p.size}, expected a width in metres above 0`,
    }]);
  }
  if (!(p.edge >= 0 && p.edge < Infinity)) {
    throw new ParameterError([{
      path: `${where}.edge`,
      message: `found ${p.edge}, expected a width in pixels from 0`,
    }]);
  }
  const opening = openingOf(p.form, p.edge);
  let widest = 0;
  const stop = p.central_stop;
  const [offsetY, offsetX] = pairOf(p.offset);
  const [c, s] = [Math.cos(p.rotate), Math.sin(p.rotate)];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const dy = grid[0][y]! - offsetY;
      const dx = grid[1][x]! - offsetX;
      const v = (dy * c - dx * s) / psize[0];
      const h = (dy * s + dx * c) / psize[1];
      let value = opening(v, h, size);
      if (stop !== null && stop > 0) value *= 1 - opening(v, h, [size[0] * stop, size[1] * stop]);
      widest = Math.max(widest, value);
      transmission[2 * (y * cols + x)]! *= value;
      transmission[2 * (y * cols + x) + 1]! *= value;
    }
  }
  if (widest < CLOSED) refuseClosed(p, { grid, where });
  return transmission;
}

/** Where no pixel lets more amplitude pass, only the tails of soft edges are left, of which rounding makes what it likes. */
const CLOSED = 1e-6;

function refuseClosed(p: ApertureOptions, { grid, where }: Pick<AperturePlane, "grid" | "where">): never {
  const side = (axis: 0 | 1) => Math.abs(grid[axis].at(-1)! - grid[axis][0]!).toPrecision(3);
  const field = `the field of ${side(0)} x ${side(1)} m`;
  const isAway = pairOf(p.offset).some((v) => v !== 0);
  const [name, found] = isAway
    ? ["offset", p.offset]
    : p.central_stop
    ? ["central_stop", p.central_stop]
    : ["size", p.size];
  const message = `found ${found}, which lets no light pass in any pixel, expected an opening within ${field}`;
  throw new ParameterError([{ path: `${where}.${name}`, message }]);
}

type Opening = (v: number, h: number, size: readonly [number, number]) => number;

function openingOf(form: "circ" | "rect", edge: number): Opening {
  return form === "circ"
    ? (v, h, [a, b]) => step(0.5 - Math.sqrt((v * v) / (a * a) + (h * h) / (b * b)), edge / Math.sqrt(a * b))
    : (v, h, [a, b]) => step(a / 2 - Math.abs(v), edge) * step(b / 2 - Math.abs(h), edge);
}

/** Rises from 0 to 1 about x = 0 over `width`; a hard step for width 0. */
function step(x: number, width: number): number {
  return width === 0 ? (x > 0 ? 1 : x < 0 ? 0 : 0.5) : 0.5 * erf(2.35 * x / width) + 0.5;
}

function sizeInPixels(
  size: OneOrPair,
  psize: readonly [number, number],
): readonly [number, number] {
  const [v, h] = pairOf(size);
  return [v / psize[0], h / psize[1]];
}
