/** The last step of alignment: damped least squares on shift, ramp and complex scale together. */

import { type Alignment, bestScale } from "./alignment.ts";
import type { ComplexPlane, PixelRectangle } from "./complex_plane.ts";
import { shifted } from "./interpolate.ts";
import type { Region } from "./scanned_region.ts";

/** The fit has converged long before. */
const ROUNDS = 30;
/** Unknowns: shift y, x; ramp y, x; scale re, im. */
const UNKNOWNS = 6;
/** Relative gain in error below which another round is not worth it. */
const ENOUGH = 1e-10;

/** Where the fit begins: the nearest whole pixel and the nearest frequency sample do. */
export interface RefineStart {
  /** Pixels of `a` that count. */
  readonly region: Region;
  /** A rectangle around the region. */
  readonly box: PixelRectangle;
  readonly centre: readonly [number, number];
  readonly shift: readonly [number, number];
  readonly ramp: readonly [number, number];
}

/**
 * Minimises `sum |a(r) - scale exp(2 pi i ramp . (r - centre)) b(r - shift)|^2` over the region, relative to the power of `a`
 * where both are known, by the Levenberg-Marquardt method from a start near the solution.
 */
export function refineAlignment(a: ComplexPlane, b: ComplexPlane, start: RefineStart): Alignment {
  let shift = start.shift, ramp = start.ramp, damping = 1e-6;
  let current = linearise(a, b, { ...start, shift, ramp });
  for (let round = 0; round < ROUNDS && damping < 1e6; round++) {
    const step = solveDamped(current.normal, current.gradient, damping);
    const tryShift: [number, number] = [shift[0] + step[0]!, shift[1] + step[1]!];
    const tryRamp: [number, number] = [ramp[0] + step[2]!, ramp[1] + step[3]!];
    const next = Math.hypot(step[0]!, step[1]!) < 4
      ? linearise(a, b, { ...start, shift: tryShift, ramp: tryRamp })
      : null;
    if (next === null || !(next.error <= current.error)) {
      damping *= 10;
      continue;
    }
    const gain = current.error - next.error;
    shift = tryShift;
    ramp = tryRamp;
    current = next;
    damping = Math.max(1e-12, damping / 10);
    if (gain <= ENOUGH * current.error || current.error < 1e-24) break;
  }
  return { shift, ramp, centre: start.centre, scale: current.scale };
}

interface Linearised {
  readonly scale: [number, number];
  /** Squared relative error. */
  readonly error: number;
  /** UNKNOWNS x UNKNOWNS. */
  readonly normal: Float64Array;
  readonly gradient: Float64Array;
}

/** The normal equations of the fit around a shift and ramp, with the best scale for these. */
function linearise(a: ComplexPlane, b: ComplexPlane, at: RefineStart): Linearised {
  const { y0, x0, y1, x1 } = at.box;
  const rows = y1 - y0, cols = x1 - x0;
  const moved = shifted(b, [at.shift[0] - y0, at.shift[1] - x0], { rows, cols, slopes: true });
  const target = new Float64Array(2 * rows * cols), mask = new Uint8Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = (y + y0) * a.cols + x + x0, o = y * cols + x;
      mask[o] = at.region.mask[i]! & moved.inside[o]!;
      // The ramp is taken off `a` instead of put on `b` and its slopes: the same error, one product instead of three.
      const angle = -2 * Math.PI * (at.ramp[0] * (y + y0 - at.centre[0]) + at.ramp[1] * (x + x0 - at.centre[1]));
      const c = Math.cos(angle), s = Math.sin(angle);
      target[2 * o] = a.data[2 * i]! * c - a.data[2 * i + 1]! * s;
      target[2 * o + 1] = a.data[2 * i]! * s + a.data[2 * i + 1]! * c;
    }
  }
  const scale = bestScale({ rows, cols, data: target }, { rows, cols, data: moved.value }, mask);
  return { scale, ...normalEquations({ rows, cols, target, mask, scale }, moved as Required<typeof moved>, at) };
}

function normalEquations(
  fit: { rows: number; cols: number; target: Float64Array; mask: Uint8Array; scale: [number, number] },
  moved: { value: Float64Array; dy: Float64Array; dx: Float64Array },
  at: RefineStart,
): { error: number; normal: Float64Array; gradient: Float64Array } {
  const normal = new Float64Array(UNKNOWNS * UNKNOWNS), gradient = new Float64Array(UNKNOWNS);
  const jr = new Float64Array(UNKNOWNS), ji = new Float64Array(UNKNOWNS);
  const [sr, si] = fit.scale;
  let squares = 0, power = 0;
  for (let o = 0; o < fit.mask.length; o++) {
    if (!fit.mask[o]) continue;
    const i = 2 * o;
    const y = 2 * Math.PI * (Math.floor(o / fit.cols) + at.box.y0 - at.centre[0]);
    const x = 2 * Math.PI * (o % fit.cols + at.box.x0 - at.centre[1]);
    const vr = moved.value[i]!, vi = moved.value[i + 1]!;
    const mr = sr * vr - si * vi, mi = sr * vi + si * vr;
    const tr = fit.target[i]!, ti = fit.target[i + 1]!;
    const er = tr - mr, ei = ti - mi;
    squares += er * er + ei * ei;
    power += tr * tr + ti * ti;
    jr[0] = sr * moved.dy[i]! - si * moved.dy[i + 1]!;
    ji[0] = sr * moved.dy[i + 1]! + si * moved.dy[i]!;
    jr[1] = sr * moved.dx[i]! - si * moved.dx[i + 1]!;
    ji[1] = sr * moved.dx[i + 1]! + si * moved.dx[i]!;
    jr[2] = -y * mi;
    ji[2] = y * mr;
    jr[3] = -x * mi;
    ji[3] = x * mr;
    jr[4] = vr;
    ji[4] = vi;
    jr[5] = -vi;
    ji[5] = vr;
    for (let p = 0; p < UNKNOWNS; p++) {
      gradient[p] = gradient[p]! + jr[p]! * er + ji[p]! * ei;
      for (let q = p; q < UNKNOWNS; q++) {
        normal[p * UNKNOWNS + q] = normal[p * UNKNOWNS + q]! + jr[p]! * jr[q]! + ji[p]! * ji[q]!;
      }
    }
  }
  for (let p = 0; p < UNKNOWNS; p++) {
    for (let q = 0; q < p; q++) normal[p * UNKNOWNS + q] = normal[q * UNKNOWNS + p]!;
  }
  return { error: power > 0 ? squares / power : Infinity, normal, gradient };
}

/** Solves `(normal + damping diag(normal)) step = gradient` by elimination with pivots; unknowns without influence stay. */
function solveDamped(normal: Float64Array, gradient: Float64Array, damping: number): Float64Array {
  const n = gradient.length;
  const m = normal.slice(), v = gradient.slice();
  for (let p = 0; p < n; p++) m[p * n + p] = m[p * n + p]! * (1 + damping) || 1;
  for (let p = 0; p < n; p++) {
    let pivot = p;
    for (let r = p + 1; r < n; r++) if (Math.abs(m[r * n + p]!) > Math.abs(m[pivot * n + p]!)) pivot = r;
    for (let c = 0; c < n; c++) [m[p * n + c], m[pivot * n + c]] = [m[pivot * n + c]!, m[p * n + c]!];
    [v[p], v[pivot]] = [v[pivot]!, v[p]!];
    const divisor = m[p * n + p]! || Number.MIN_VALUE;
    for (let r = p + 1; r < n; r++) {
      const f = m[r * n + p]! / divisor;
      for (let c = p; c < n; c++) m[r * n + c] = m[r * n + c]! - f * m[p * n + c]!;
      v[r] = v[r]! - f * v[p]!;
    }
  }
  for (let p = n - 1; p >= 0; p--) {
    for (let c = p + 1; c < n; c++) v[p] = v[p]! - m[p * n + c]! * v[c]!;
    v[p] = v[p]! / (m[p * n + p]! || Number.MIN_VALUE);
  }
  return v.map((x) => Number.isFinite(x) ? x : 0);
}
