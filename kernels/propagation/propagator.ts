/** Propagators between sample and detector plane, as engines need them. */

import { createFft2, type Fft2 } from "../fft/fft.ts";
import { ShapeError } from "../errors.ts";
import type { PropagatorFactors } from "../reconstruction.ts";
import { scaledField } from "./scaled_field.ts";

/** Propagates waves in place; `backward` is the adjoint of `forward` and, but for scaled ones, its inverse. */
export interface Propagator {
  /** Sample to detector plane. Changes `wave`, (y, x) complex from number `offset` on. */
  forward(wave: Float64Array, offset?: number): void;
  /** Detector to sample plane. Changes `wave`, (y, x) complex from number `offset` on. */
  backward(wave: Float64Array, offset?: number): void;
}

/**
 * Makes the factors of a propagator ready for repeated use, at the first one: a device with propagators of its own never needs these.
 * The phase `post` of the far field is left out: it has modulus one and engines use waves at the detector only in moduli, in products
 * f conj(g), and between `forward` and `backward`, where it cancels.
 * @throws {ShapeError} if the factors do not have the size (rows, cols)
 */
export function createPropagator(
  factors: PropagatorFactors,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): Propagator {
  if (factors.kind === "scaled") return scaledField(factors, { rows, cols });
  const table = factors.kind === "farfield" ? factors.pre : factors.kernel;
  if (table.length !== 2 * rows * cols) {
    throw new ShapeError(
      `Cannot use the ${factors.kind} propagator: found ${table.length} numbers, expected 2 * ${rows} * ${cols}`,
    );
  }
  let ready: Propagator | null = null;
  function propagator(): Propagator {
    const open = factors.kind === "farfield" ? farField : nearField;
    return ready ??= open(createFft2(rows, cols), table);
  }
  return {
    forward: (wave, offset) => propagator().forward(wave, offset),
    backward: (wave, offset) => propagator().backward(wave, offset),
  };
}

/** `forward(w) = fft2(pre w) / sqrt(N)`, `backward(W) = conj(pre) sqrt(N) ifft2(W)`. */
function farField(fft: Fft2, pre: ArrayLike<number>): Propagator {
  const root = Math.sqrt(fft.rows * fft.cols);
  const before = mapped(pre, (v) => v / root);
  const after = mapped(pre, (v, i) => i % 2 === 0 ? v * root : -v * root);
  return {
    forward(wave, offset = 0) {
      multiply(wave, before, offset);
      fft.forward(wave, offset);
    },
    backward(wave, offset = 0) {
      fft.inverse(wave, offset);
      multiply(wave, after, offset);
    },
  };
}

/** `forward(w) = ifft2(fft2(w) kernel)`, `backward` with the conjugate kernel. */
function nearField(fft: Fft2, kernel: ArrayLike<number>): Propagator {
  const direct = mapped(kernel, (v) => v);
  const conjugate = mapped(kernel, (v, i) => i % 2 === 0 ? v : -v);
  function convolve(wave: Float64Array, offset: number, factor: Float64Array): void {
    fft.forward(wave, offset);
    multiply(wave, factor, offset);
    fft.inverse(wave, offset);
  }
  return {
    forward: (wave, offset = 0) => convolve(wave, offset, direct),
    backward: (wave, offset = 0) => convolve(wave, offset, conjugate),
  };
}

/** As `Float64Array.from`, which would keep a list of all numbers meanwhile. */
function mapped(table: ArrayLike<number>, change: (value: number, i: number) => number): Float64Array {
  const out = new Float64Array(table.length);
  for (let i = 0; i < out.length; i++) out[i] = change(table[i]!, i);
  return out;
}

function multiply(wave: Float64Array, factor: Float64Array, offset: number): void {
  for (let i = 0; i < factor.length; i += 2) {
    const re = wave[offset + i]!;
    const im = wave[offset + i + 1]!;
    wave[offset + i] = re * factor[i]! - im * factor[i + 1]!;
    wave[offset + i + 1] = re * factor[i + 1]! + im * factor[i]!;
  }
}
