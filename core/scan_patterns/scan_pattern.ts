/** Positions from the parameters `xy`. */

import { ParameterError } from "../errors.ts";
import { type OneOrPair, pairOf } from "../pair.ts";
import type { Random } from "../random.ts";
import { rasterScan } from "./raster.ts";
import { roundScan } from "./round.ts";
import { spiralScan } from "./spiral.ts";

/** The parameters `xy` with `override` read; lengths in metres, one number or (vertical, horizontal). */
export interface ScanPatternOptions {
  readonly model: "round" | "raster" | "spiral" | null;
  /** Positions outside `extent` / 2 on either side are dropped. */
  readonly extent: OneOrPair | null;
  readonly spacing: OneOrPair | null;
  readonly steps: OneOrPair | null;
  readonly offset?: OneOrPair;
  readonly count?: number | null;
  /** Greatest displacement of a position along either axis, drawn evenly from -jitter to jitter. */
  readonly jitter?: number | null;
  /** Draws the jitter; needed where there is one. */
  readonly random?: Random;
  /** Flat (row, col) pairs used instead of a pattern. */
  readonly override?: Float64Array | null;
  /** Path of the parameters, such as `scans.MF.xy`. */
  readonly where?: string;
}

/** More positions than any scan has; a spacing too small by orders of magnitude would otherwise fill the memory. */
const MOST_POSITIONS = 10_000_000;

/**
 * Positions as flat (row, col) pairs in metres; null where neither a model nor `override` is given.
 *
 * Two of extent, spacing and steps are enough: steps = int(extent / spacing) or spacing = extent / steps; with all three the
 * pattern has the size steps * spacing and is then cut to `extent`. The offset is added before the cut, `count` keeps the first.
 * What is kept is displaced by the jitter, also positions of `override`: how many there are does not depend on the draws, and the
 * first have the same ones however many follow.
 *
 * @throws {ParameterError} if fewer than two of the three are given, or one is not positive, or the jitter is negative
 * @see PtyPy 0.4: core.xy.from_pars (differs: there `jitter` does nothing)
 */
export function createPositions(options: ScanPatternOptions): Float64Array | null {
  const where = options.where ?? "xy";
  if (options.override) return jittered(options.override, options, where);
  if (options.model === null) return null;
  const { spacing, steps, extent } = complete(options, where);
  const pattern = patternOf(options.model, { spacing, steps });
  return jittered(cut(pattern, options, extent), options, where);
}

function jittered(
  positions: Float64Array,
  { jitter, random }: Pick<ScanPatternOptions, "jitter" | "random">,
  where: string,
): Float64Array {
  if (!jitter) return positions;
  if (!(jitter > 0 && jitter < Infinity)) {
    throw new ParameterError([{ path: `${where}.jitter`, message: `found ${jitter}, expected metres from 0` }]);
  }
  if (random === undefined) throw new TypeError(`Cannot draw ${where}.jitter: found no generator of random numbers`);
  return positions.map((metres) => metres + random.uniform(-jitter, jitter));
}

interface Complete {
  readonly spacing: readonly [number, number];
  readonly steps: readonly [number, number];
  /** As it was given. */
  readonly extent: readonly [number, number] | null;
}

function complete(options: ScanPatternOptions, where: string): Complete {
  const given = { extent: options.extent, spacing: options.spacing, steps: options.steps };
  const wrong = Object.entries(given).filter(([, v]) => v !== null && !pairOf(v).every((n) => n > 0 && n < Infinity));
  if (wrong.length > 0) {
    throw new ParameterError(wrong.map(([name, value]) => ({
      path: `${where}.${name}`,
      message: `found ${value}, expected numbers above 0`,
    })));
  }
  const missing = Object.entries(given).filter(([, v]) => v === null).map(([name]) => name);
  if (missing.length > 1) {
    throw new ParameterError([{
      path: where,
      message: `found no ${missing.join(" and no ")}, expected at least two of extent, spacing and steps`,
    }]);
  }
  const extent = given.extent === null ? null : pairOf(given.extent);
  const per = (a: OneOrPair, b: OneOrPair, f: (a: number, b: number) => number): readonly [number, number] => {
    const [p, q] = [pairOf(a), pairOf(b)];
    return [f(p[0], q[0]), f(p[1], q[1])];
  };
  const steps = per(given.steps ?? per(extent!, given.spacing!, (e, s) => e / s), 1, Math.trunc);
  const spacing = given.spacing === null ? per(extent!, steps, (e, n) => e / n) : pairOf(given.spacing);
  if (steps[0] * steps[1] > MOST_POSITIONS) {
    throw new ParameterError([{
      path: where,
      message: `found ${steps[0]} by ${steps[1]} steps, expected at most ${MOST_POSITIONS} positions; widen spacing`,
    }]);
  }
  return { extent, spacing, steps };
}

/** Round patterns have one spacing; where two are given they take the finer and reach as far as the longer side. */
function patternOf(model: "round" | "raster" | "spiral", { spacing, steps }: Omit<Complete, "extent">): number[] {
  const finest = Math.min(...spacing);
  const reach = Math.max(steps[0] * spacing[0], steps[1] * spacing[1]);
  switch (model) {
    case "raster":
      return rasterScan({ spacing, steps });
    case "round":
      return roundScan({ spacing: finest, shells: Math.floor(Math.round(reach / finest) / 2) + 1 });
    case "spiral":
      return spiralScan({ spacing: finest, radius: reach / 2 });
  }
}

function cut(pattern: readonly number[], options: ScanPatternOptions, extent: Complete["extent"]): Float64Array {
  const offset = pairOf(options.offset ?? 0);
  const kept: number[] = [];
  const most = options.count ?? Infinity;
  for (let i = 0; i < pattern.length && kept.length < 2 * most; i += 2) {
    const row = pattern[i]! + offset[0];
    const col = pattern[i + 1]! + offset[1];
    if (extent === null || (Math.abs(row) <= extent[0] / 2 && Math.abs(col) <= extent[1] / 2)) kept.push(row, col);
  }
  return Float64Array.from(kept);
}
