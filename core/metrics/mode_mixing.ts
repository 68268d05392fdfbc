/**
 * Incoherent modes are known only up to a unitary mixing: the frames see the sum of their intensities. Here modes are made
 * orthogonal, and one set of modes is turned onto another.
 */

import type { ComplexPlane } from "./complex_plane.ts";

/** Sweeps over all pairs of modes; a handful makes them orthogonal to rounding. */
const SWEEPS = 30;
/** Overlap of two modes, relative to their norms, that counts as none. */
const ORTHOGONAL = 1e-12;
/** Newton steps to a unitary matrix; they converge quadratically. */
const NEWTON_STEPS = 60;

/**
 * The same mixed state in orthogonal modes, the strongest first, by rotating pairs of modes until none overlap (one-sided
 * Jacobi method).
 */
export function orthogonalModes(modes: readonly ComplexPlane[]): ComplexPlane[] {
  const out = modes.map((mode) => ({ ...mode, data: mode.data.slice() }));
  for (let sweep = 0, rotated = true; rotated && sweep < SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < out.length; p++) {
      for (let q = p + 1; q < out.length; q++) rotated = rotatePair(out[p]!.data, out[q]!.data) || rotated;
    }
  }
  return out.map((mode) => ({ mode, power: overlap(mode, mode)[0] }))
    .sort((a, b) => b.power - a.power).map(({ mode }) => mode);
}

/**
 * Mixes the modes of `b` by the unitary matrix that brings them closest to those of `a` over the pixels of a mask
 * (orthogonal Procrustes problem: the unitary factor of the matrix of overlaps).
 *
 * @see Higham, SIAM J. Sci. Stat. Comput. 7 (1986) 1160, 10.1137/0907079, Newton's iteration for that factor
 */
export function mixOnto(a: readonly ComplexPlane[], b: readonly ComplexPlane[], mask: Uint8Array): ComplexPlane[] {
  const n = b.length;
  const matrix = new Float64Array(2 * n * n);
  b.forEach((from, k) => a.forEach((to, l) => matrix.set(overlap(from, to, mask), 2 * (k * n + l))));
  const unitary = unitaryFactor(matrix, n);
  return a.map((_, l) => {
    const data = new Float64Array(b[0]!.data.length);
    b.forEach((mode, k) => {
      const re = unitary[2 * (k * n + l)]!, im = unitary[2 * (k * n + l) + 1]!;
      for (let i = 0; i < data.length; i += 2) {
        data[i] = data[i]! + re * mode.data[i]! - im * mode.data[i + 1]!;
        data[i + 1] = data[i + 1]! + re * mode.data[i + 1]! + im * mode.data[i]!;
      }
    });
    return { ...b[0]!, data };
  });
}

/** `sum conj(a) b` over the pixels of a mask, all of them where absent. */
function overlap(a: ComplexPlane, b: ComplexPlane, mask?: Uint8Array): [number, number] {
  let re = 0, im = 0;
  for (let i = 0; i < a.data.length; i += 2) {
    if (mask && !mask[i >> 1]) continue;
    re += a.data[i]! * b.data[i]! + a.data[i + 1]! * b.data[i + 1]!;
    im += a.data[i]! * b.data[i + 1]! - a.data[i + 1]! * b.data[i]!;
  }
  return [re, im];
}

/** Changes both modes so that they no longer overlap; false if they did not. */
function rotatePair(p: Float64Array, q: Float64Array): boolean {
  let pp = 0, qq = 0, re = 0, im = 0;
  for (let i = 0; i < p.length; i += 2) {
    pp += p[i]! ** 2 + p[i + 1]! ** 2;
    qq += q[i]! ** 2 + q[i + 1]! ** 2;
    re += p[i]! * q[i]! + p[i + 1]! * q[i + 1]!;
    im += p[i]! * q[i + 1]! - p[i + 1]! * q[i]!;
  }
  const size = Math.hypot(re, im);
  if (size <= ORTHOGONAL * Math.sqrt(pp * qq)) return false;
  const angle = 0.5 * Math.atan2(2 * size, pp - qq);
  const c = Math.cos(angle), sr = Math.sin(angle) * re / size, si = Math.sin(angle) * im / size;
  for (let i = 0; i < p.length; i += 2) {
    const pr = p[i]!, pi = p[i + 1]!, qr = q[i]!, qi = q[i + 1]!;
    p[i] = c * pr + sr * qr + si * qi;
    p[i + 1] = c * pi + sr * qi - si * qr;
    q[i] = c * qr - sr * pr + si * pi;
    q[i + 1] = c * qi - sr * pi - si * pr;
  }
  return true;
}

/** The unitary matrix nearest to an n x n complex matrix, by `X <- (X + inverse(X)^H) / 2`. */
function unitaryFactor(matrix: Float64Array, n: number): Float64Array {
  const size = Math.sqrt(matrix.reduce((s, v) => s + v * v, 0) / n) || 1;
  let x = matrix.map((v) => v / size);
  // A mode without counterpart would make the matrix singular; it may stay where it is.
  for (let i = 0; i < n; i++) x[2 * (i * n + i)] = x[2 * (i * n + i)]! + 1e-12;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const inverse = inverted(x, n);
    const next = x.map((v, i) => {
      const row = Math.floor((i >> 1) / n), col = (i >> 1) % n;
      const other = inverse[2 * (col * n + row) + i % 2]!;
      return (v + (i % 2 ? -other : other)) / 2;
    });
    const change = next.reduce((s, v, i) => s + (v - x[i]!) ** 2, 0);
    x = next;
    if (change < 1e-28 * n) break;
  }
  return x;
}

/** Inverse of an n x n complex matrix, by Gauss-Jordan elimination with pivots. */
function inverted(matrix: Float64Array, n: number): Float64Array {
  const m = matrix.slice(), out = new Float64Array(matrix.length);
  for (let i = 0; i < n; i++) out[2 * (i * n + i)] = 1;
  const abs2 = (r: number, c: number) => m[2 * (r * n + c)]! ** 2 + m[2 * (r * n + c) + 1]! ** 2;
  for (let p = 0; p < n; p++) {
    let pivot = p;
    for (let r = p + 1; r < n; r++) if (abs2(r, p) > abs2(pivot, p)) pivot = r;
    for (const rows of [m, out]) {
      const held = rows.slice(2 * p * n, 2 * (p + 1) * n);
      rows.copyWithin(2 * p * n, 2 * pivot * n, 2 * (pivot + 1) * n);
      rows.set(held, 2 * pivot * n);
    }
    const power = abs2(p, p) || Number.MIN_VALUE;
    const factor = [m[2 * (p * n + p)]! / power, -m[2 * (p * n + p) + 1]! / power] as const;
    for (const rows of [m, out]) addRow(rows, { n, from: p, to: p, factor: [factor[0] - 1, factor[1]] });
    for (let r = 0; r < n; r++) {
      if (r === p) continue;
      const by = [-m[2 * (r * n + p)]!, -m[2 * (r * n + p) + 1]!] as const;
      for (const rows of [m, out]) addRow(rows, { n, from: p, to: r, factor: by });
    }
  }
  return out;
}

/** Adds a multiple of one row to a row of a complex matrix. Changes `rows`. */
function addRow(
  rows: Float64Array,
  by: { n: number; from: number; to: number; factor: readonly [number, number] },
): void {
  const { n, from, to, factor } = by;
  for (let c = 0; c < n; c++) {
    const i = 2 * (from * n + c), o = 2 * (to * n + c);
    const re = rows[i]!, im = rows[i + 1]!;
    rows[o] = rows[o]! + factor[0] * re - factor[1] * im;
    rows[o + 1] = rows[o + 1]! + factor[0] * im + factor[1] * re;
  }
}
