/**
 * Logarithms for the Poisson likelihood, and what of it no model changes.
 *
 * `model - measured log(model)` is the difference of large numbers. Written as `(model - measured) - measured log(model / reference)` with
 * `reference = max(|measured|, TINY_PHOTONS)` it is as small as the likelihood itself, so that single precision is enough; the rest is a
 * constant of the frame, in double.
 */

import { logGamma } from "../gradient_descent/log_gamma.ts";
import type { RealArray } from "../nd_array.ts";
import { type V128, v128 } from "./expressions.ts";
import type { FunctionBody } from "./function_body.ts";
import type { Lanes } from "./lanes.ts";

/** The least intensity that logarithms are taken against: a ratio to it stays finite in single precision. */
export const TINY_PHOTONS = 1e-20;

/** Terms of the series that leave less than rounding behind for moduli up to 0.172. */
const TERMS = { single: 5, double: 12 } as const;

/**
 * What `likelihood_kernels.ts` leaves out of a frame's Poisson likelihood: the log factorials of all pixels, and of valid ones
 * `measured - measured log(max(|measured|, TINY_PHOTONS))`.
 *
 * diffraction  (y, x)  photons
 * mask         (y, x)  1 = valid
 */
export function poissonConstant(diffraction: RealArray, mask: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < diffraction.length; i++) {
    const measured = diffraction[i]!;
    sum += logGamma(measured + 1);
    if (mask[i] !== 0) sum += measured - measured * Math.log(Math.max(Math.abs(measured), TINY_PHOTONS));
  }
  return sum;
}

/** The sum of a frame's intensity, masked pixels too, in double. */
export function photonsOf(diffraction: RealArray): number {
  let sum = 0;
  for (let i = 0; i < diffraction.length; i++) sum += diffraction[i]!;
  return sum;
}

/**
 * Code for `log(a / b)` of positive lanes whose ratio is finite and normal, to a few units of rounding of the result, also where the
 * ratio is close to 1. With 2^k next to the ratio, `log = k log 2 + 2 artanh((a - 2^k b) / (a + 2^k b))`.
 */
export function logarithm(body: FunctionBody, lanes: Lanes): (a: V128, b: V128) => V128 {
  const constant = (value: number) => body.keep(lanes.constant(value));
  const root = constant(Math.SQRT2);
  // The bits of infinity are those of the exponent.
  const exponent = constant(Infinity);
  const double = lanes.precision === "double";
  const unit = constant(double ? 2 ** -20 : 2 ** -23);
  const bias = constant(double ? 1023 : 127);
  const coefficients = Array.from({ length: TERMS[lanes.precision] }, (_, i) => constant(2 / (2 * i + 1)));
  const log2 = constant(Math.LN2);
  return (a, b) => {
    const power = body.keep(v128.and(lanes.mul(lanes.div(a, b), root), exponent));
    const scaled = body.keep(lanes.mul(power, b));
    const s = body.keep(lanes.div(lanes.sub(a, scaled), lanes.add(a, scaled)));
    const square = body.keep(lanes.mul(s, s));
    const series = body.keep<"v128">(coefficients.at(-1)!);
    for (const coefficient of coefficients.slice(0, -1).reverse()) {
      body.set(series, lanes.add(coefficient, lanes.mul(square, series)));
    }
    const k = lanes.sub(lanes.mul(bitsAsNumber(power, double), unit), bias);
    return lanes.add(lanes.mul(k, log2), lanes.mul(s, series));
  };
}

/** The (upper) 32 bits of every lane as an integer, converted: exact for powers of two. */
function bitsAsNumber(a: V128, double: boolean): V128 {
  if (!double) return convert(a, 0xfa);
  return convert(v128.shuffle(a, { b: a, order: [1, 3, 1, 3] }), 0xfe);
}

/** f32x4.convert_i32x4_s (0xfa) or f64x2.convert_low_i32x4_s (0xfe). */
function convert(a: V128, opcode: 0xfa | 0xfe): V128 {
  return { type: "v128", code: [a.code, 0xfd, opcode, 0x01] };
}
