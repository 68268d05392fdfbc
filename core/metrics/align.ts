/**
 * Brings one reconstruction onto another: what ptychography cannot know (a joint shift of object and probe, a linear phase
 * ramp with its conjugate on the probe, a complex factor) is found.
 */

import { DataError } from "../errors.ts";
import type { Alignment } from "./alignment.ts";
import { addRamp, type ComplexPlane, type PixelRectangle } from "./complex_plane.ts";
import { refineAlignment } from "./refine_alignment.ts";
import { register } from "./register.ts";
import { boundsOf, type Region } from "./scanned_region.ts";
import { spectralPeak } from "./spectral_peak.ts";

/** Shift and ramp of a candidate are improved in turn at most so often. */
const TURNS = 3;
/** Fractions of a frequency sample to which a ramp is searched before the fit. */
const RAMP_UPSAMPLE = 8;

/** Which pixels count. */
export interface AlignOptions {
  /** Pixels of `a`. */
  readonly region: Region;
  /** Pixels of `b`, for the search only; all of them where absent. */
  readonly regionB?: Region;
}

/**
 * Finds shift, ramp and complex scale of `b` against `a` over a region of `a`. Candidates come from cross-correlation of the
 * complex values and of the phase gradients, in which a ramp is only a constant; the best is refined by damped least squares
 * on all six unknowns.
 *
 * @throws {DataError} if the region is empty or a picture is zero in it
 */
export function align(a: ComplexPlane, b: ComplexPlane, options: AlignOptions): Alignment {
  const box = boundsOf(options.region);
  const centre: [number, number] = [(box.y0 + box.y1 - 1) / 2, (box.x0 + box.x1 - 1) / 2];
  const starts: [number, number][] = [
    [0, 0],
    [Math.round((a.rows - b.rows) / 2), Math.round((a.cols - b.cols) / 2)],
    gradientShift(a, b, options),
  ];
  const tried = new Set<string>();
  let best: Candidate = { shift: [0, 0], ramp: [0, 0], score: 0 };
  for (const start of starts) {
    let shift = start;
    for (let turn = 0; turn < TURNS && !tried.has(shift.join()); turn++) {
      tried.add(shift.join());
      const found = bestRamp(a, b, { region: options.region, box, shift });
      if (found.score > best.score) best = found;
      shift = bestShift(addRamp(a, [-found.ramp[0], -found.ramp[1]], centre), b, options);
    }
  }
  if (best.score === 0) {
    throw new DataError(
      "Cannot align: found only zeros where the objects overlap, expected two reconstructions of one area",
    );
  }
  return refineAlignment(a, b, { region: options.region, box, centre, shift: best.shift, ramp: best.ramp });
}

interface Candidate {
  readonly shift: readonly [number, number];
  readonly ramp: readonly [number, number];
  /** Correlation of both pictures after this shift and ramp, 0 to 1. */
  readonly score: number;
}

/** With the pictures on top of each other, `a conj(b)` is a plane wave whose frequency is the ramp. */
function bestRamp(
  a: ComplexPlane,
  b: ComplexPlane,
  at: { region: Region; box: PixelRectangle; shift: [number, number] },
): Candidate {
  const { y0, x0, y1, x1 } = at.box;
  const rows = y1 - y0, cols = x1 - x0;
  const data = new Float64Array(2 * rows * cols);
  let powerA = 0, powerB = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = (y + y0) * a.cols + x + x0;
      if (!at.region.mask[i]) continue;
      const ar = a.data[2 * i]!, ai = a.data[2 * i + 1]!;
      powerA += ar * ar + ai * ai;
      const by = y + y0 - at.shift[0], bx = x + x0 - at.shift[1];
      if (by < 0 || bx < 0 || by >= b.rows || bx >= b.cols) continue;
      const j = 2 * (by * b.cols + bx), o = 2 * (y * cols + x);
      const br = b.data[j]!, bi = b.data[j + 1]!;
      powerB += br * br + bi * bi;
      data[o] = ar * br + ai * bi;
      data[o + 1] = ai * br - ar * bi;
    }
  }
  const peak = spectralPeak({ rows, cols, data }, { upsample: RAMP_UPSAMPLE });
  const norm = Math.sqrt(powerA * powerB);
  return { shift: at.shift, ramp: peak.frequency, score: norm > 0 ? Math.hypot(...peak.value) / norm : 0 };
}

function bestShift(a: ComplexPlane, b: ComplexPlane, options: AlignOptions): [number, number] {
  const { shift } = register(contrast(a, options.region.mask), contrast(b, options.regionB?.mask));
  return [Math.round(shift[0]), Math.round(shift[1])];
}

/**
 * The shift from `o(r + 1) conj(o(r))` along y and along x: a ramp of the object is one constant factor there, so this finds
 * the shift of pictures whose ramps differ by much.
 */
function gradientShift(a: ComplexPlane, b: ComplexPlane, options: AlignOptions): [number, number] {
  const shifts = [0, 1].map((axis) =>
    register(contrast(neighbours(a, axis), options.region.mask), contrast(neighbours(b, axis), options.regionB?.mask))
  );
  const { shift } = shifts[0]!.correlation >= shifts[1]!.correlation ? shifts[0]! : shifts[1]!;
  return [Math.round(shift[0]), Math.round(shift[1])];
}

/** The picture less its mean inside the mask, zero outside. */
function contrast(plane: ComplexPlane, mask?: Uint8Array): ComplexPlane {
  let re = 0, im = 0, count = 0;
  const pixels = plane.rows * plane.cols;
  for (let i = 0; i < pixels; i++) {
    if (mask && !mask[i]) continue;
    re += plane.data[2 * i]!;
    im += plane.data[2 * i + 1]!;
    count++;
  }
  const data = new Float64Array(2 * pixels);
  for (let i = 0; i < pixels; i++) {
    if (mask && !mask[i]) continue;
    data[2 * i] = plane.data[2 * i]! - re / count;
    data[2 * i + 1] = plane.data[2 * i + 1]! - im / count;
  }
  return { ...plane, data };
}

/** Every pixel's successor along an axis times its own conjugate; the last row or column is zero. */
function neighbours(plane: ComplexPlane, axis: number): ComplexPlane {
  const { rows, cols, data } = plane;
  const out = new Float64Array(data.length);
  const step = axis === 0 ? cols : 1;
  for (let y = 0; y < rows - (axis === 0 ? 1 : 0); y++) {
    for (let x = 0; x < cols - (axis === 1 ? 1 : 0); x++) {
      const i = 2 * (y * cols + x), j = i + 2 * step;
      out[i] = data[j]! * data[i]! + data[j + 1]! * data[i + 1]!;
      out[i + 1] = data[j + 1]! * data[i]! - data[j]! * data[i + 1]!;
    }
  }
  return { rows, cols, data: out };
}
