/** The Fourier projection and its errors, against cases worked by hand. */

import { assertEquals } from "@std/assert/equals.js";
import { assertClose, ROUNDING } from "../testing.ts";
import { fmagUpdate } from "./fmag_update.ts";
import { fourierError } from "./fourier_error.ts";
import { logLikelihood } from "./log_likelihood.ts";
import { replaceMagnitude } from "./replace_magnitude.ts";

/** Two modes, one row of three pixels: sqrt of the summed intensities is 5, 2, 13; the last pixel is masked. */
const SHAPE = { modes: 2, rows: 1, cols: 3, propagators: [] } as const;
const WAVE = [3, 0, 0, 2, 5, 0, 0, 4, 0, 0, 0, -12];
const DIFFRACTION = Float64Array.of(9, 16, 1);
const MASK = Uint8Array.of(1, 1, 0);

Deno.test("fourierError() is the mean squared difference of magnitudes at valid pixels: ((5 - 3)^2 + (2 - 4)^2) / 2 = 4", () => {
  const { amplitude, deviation, errors } = project({ powerBound: 1, bounded: 0 });
  assertClose(amplitude, [5, 2, 13], ROUNDING);
  assertEquals([deviation[0], deviation[1], errors[0]], [0, 4, 4]);
});

Deno.test("fourierError() is divided by a bound, and a frame at its bound lies within", () => {
  assertEquals(project({ powerBound: 2, bounded: 1 }).errors[0], 2);
  assertEquals(project({ powerBound: 2, bounded: 1 }).deviation[0], 0);
  assertEquals(project({ powerBound: 4, bounded: 1 }).deviation[0], 1);
});

Deno.test("fmagUpdate() without a bound scales both modes by 3/5 and 4/2 and leaves the masked pixel alone", () => {
  const { wave } = project({ powerBound: 0, bounded: 0 });
  // The 1e-10 in the denominator shows in the tenth digit.
  assertClose(wave, [9 / 5, 0, 0, 4, 5, 0, 0, 12 / 5, 0, 0, 0, -12], 1e-10);
});

Deno.test("fmagUpdate() with bound 1 goes half the way, because sqrt(1 / 4) = 1/2 of the difference stays", () => {
  const { wave } = project({ powerBound: 1, bounded: 1 });
  assertClose(wave, [3 * 4 / 5, 0, 0, 3, 5, 0, 0, 4 * 4 / 5, 0, 0, 0, -12], 1e-10);
});

Deno.test("fmagUpdate() leaves a frame within its bound as it is", () => {
  assertEquals(Array.from(project({ powerBound: 4, bounded: 1 }).wave), WAVE);
});

Deno.test("logLikelihood() is ((25 - 9)^2 / 10 + (4 - 16)^2 / 17) / 3", () => {
  const errors = Float64Array.of(7, 0, 8);
  logLikelihood.cpu({ wave: Float64Array.from(WAVE), diffraction: DIFFRACTION, mask: MASK, errors }, {}, SHAPE);
  assertClose(errors, [7, (256 / 10 + 144 / 17) / 3, 8], ROUNDING);
});

Deno.test("replaceMagnitude() keeps the phase, gives dark pixels phase 0 and reports the error before", () => {
  const wave = Float64Array.of(0, -6, 0, 0, 5, 5);
  const errors = new Float64Array(3);
  replaceMagnitude.cpu({ wave, diffraction: DIFFRACTION, mask: MASK, errors }, {}, { ...SHAPE, modes: 1 });
  assertClose(wave, [0, -3, 4, 0, 5, 5], ROUNDING);
  assertClose(errors, [(9 + 16) / 2, 0, 0], ROUNDING);
});

Deno.test("a frame without valid pixels has error 0", () => {
  const errors = Float64Array.of(1, 1, 1);
  const [mask, deviation] = [new Uint8Array(3), new Float64Array(2)];
  const wave = Float64Array.from(WAVE);
  const amplitude = new Float64Array(3);
  fourierError.cpu({ wave, diffraction: DIFFRACTION, mask, amplitude, deviation, errors }, {
    powerBound: 1,
    bounded: 1,
  }, SHAPE);
  assertEquals(errors[0], 0);
});

function project(limit: { powerBound: number; bounded: number }) {
  const [wave, diffraction, mask] = [Float64Array.from(WAVE), DIFFRACTION, MASK];
  const [amplitude, deviation, errors] = [new Float64Array(3), new Float64Array(2), new Float64Array(3)];
  fourierError.cpu({ wave, diffraction, mask, amplitude, deviation, errors }, limit, SHAPE);
  fmagUpdate.cpu({ wave, amplitude, diffraction, mask, deviation }, limit, SHAPE);
  return { wave, amplitude, deviation, errors };
}
