/**
 * One Stockham stage for each small radix: reads `x`, writes `y`, both interleaved complex, run by run.
 *
 * A stage of radix r computes for every p < count and every complex q of a run, from `x_j` = element (p, j) of the input,
 * `y_k = scale * w(p, k) * sum_j x_j exp(-2 pi i j k / r)`. Where things lie is left to `Stage`, so that the first stage can read
 * lines in place, the last can write them in place, and those between work on scratch.
 * @see Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), section 1.7
 */

/** Where a stage reads and writes, in numbers (not complex elements), and its factors. */
export interface Stage {
  readonly count: number;
  /** Numbers side by side that share p. */
  readonly run: number;
  inStart: number;
  /** From p to p + 1. */
  readonly inPitch: number;
  /** From j to j + 1. */
  readonly inStep: number;
  /** 1 exchanges real and imaginary parts while reading: with `outSwap` this turns a forward transform into an inverse. */
  readonly inSwap: number;
  outStart: number;
  readonly outPitch: number;
  /** From k to k + 1. */
  readonly outStep: number;
  readonly outSwap: number;
  readonly scale: number;
  /** `w(p, k)` for k > 0 at complex index `p * (radix - 1) + k - 1`, or the same for every p where `twiddlePitch` is 0. */
  readonly twiddles: Float64Array;
  readonly twiddlePitch: number;
  /** exp(-2 pi i j / radix); `radixOdd` alone reads them. */
  readonly roots: Float64Array;
}

/** Radix 2. Changes `y`. */
export function radix2(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch } = stage;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  for (let p = 0; p < count; p++) {
    const t = p * twiddlePitch;
    const w1r = scale * twiddles[t]!;
    const w1i = scale * twiddles[t + 1]!;
    const a0 = stage.inStart + stage.inSwap + p * inPitch;
    const a1 = a0 + inStep;
    const b0 = stage.outStart + stage.outSwap + p * outPitch;
    const b1 = b0 + outStep;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + flip]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + flip]!;
      const y0r = x0r + x1r;
      const y0i = x0i + x1i;
      const y1r = x0r - x1r;
      const y1i = x0i - x1i;
      y[b0 + q] = scale * y0r;
      y[b0 + q + flop] = scale * y0i;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + flop] = y1r * w1i + y1i * w1r;
    }
  }
}

/** Radix 3. Changes `y`. */
export function radix3(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch } = stage;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  const s3 = Math.sqrt(3) / 2;
  for (let p = 0; p < count; p++) {
    const t = p * twiddlePitch;
    const w1r = scale * twiddles[t]!;
    const w1i = scale * twiddles[t + 1]!;
    const w2r = scale * twiddles[t + 2]!;
    const w2i = scale * twiddles[t + 3]!;
    const a0 = stage.inStart + stage.inSwap + p * inPitch;
    const a1 = a0 + inStep;
    const a2 = a1 + inStep;
    const b0 = stage.outStart + stage.outSwap + p * outPitch;
    const b1 = b0 + outStep;
    const b2 = b1 + outStep;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + flip]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + flip]!;
      const x2r = x[a2 + q]!;
      const x2i = x[a2 + q + flip]!;
      const sr = x1r + x2r;
      const si = x1i + x2i;
      const dr = s3 * (x1i - x2i);
      const di = s3 * (x2r - x1r);
      const ur = x0r - 0.5 * sr;
      const ui = x0i - 0.5 * si;
      const y0r = x0r + sr;
      const y0i = x0i + si;
      const y1r = ur + dr;
      const y1i = ui + di;
      const y2r = ur - dr;
      const y2i = ui - di;
      y[b0 + q] = scale * y0r;
      y[b0 + q + flop] = scale * y0i;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + flop] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + flop] = y2r * w2i + y2i * w2r;
    }
  }
}

/** Radix 4. Changes `y`. */
export function radix4(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch } = stage;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  for (let p = 0; p < count; p++) {
    const t = p * twiddlePitch;
    const w1r = scale * twiddles[t]!;
    const w1i = scale * twiddles[t + 1]!;
    const w2r = scale * twiddles[t + 2]!;
    const w2i = scale * twiddles[t + 3]!;
    const w3r = scale * twiddles[t + 4]!;
    const w3i = scale * twiddles[t + 5]!;
    const a0 = stage.inStart + stage.inSwap + p * inPitch;
    const a1 = a0 + inStep;
    const a2 = a1 + inStep;
    const a3 = a2 + inStep;
    const b0 = stage.outStart + stage.outSwap + p * outPitch;
    const b1 = b0 + outStep;
    const b2 = b1 + outStep;
    const b3 = b2 + outStep;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + flip]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + flip]!;
      const x2r = x[a2 + q]!;
      const x2i = x[a2 + q + flip]!;
      const x3r = x[a3 + q]!;
      const x3i = x[a3 + q + flip]!;
      const uer = x0r + x2r;
      const uei = x0i + x2i;
      const ufr = x0r - x2r;
      const ufi = x0i - x2i;
      const ugr = x1r + x3r;
      const ugi = x1i + x3i;
      const uhr = x1i - x3i;
      const uhi = x3r - x1r;
      const y0r = uer + ugr;
      const y0i = uei + ugi;
      const y1r = ufr + uhr;
      const y1i = ufi + uhi;
      const y2r = uer - ugr;
      const y2i = uei - ugi;
      const y3r = ufr - uhr;
      const y3i = ufi - uhi;
      y[b0 + q] = scale * y0r;
      y[b0 + q + flop] = scale * y0i;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + flop] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + flop] = y2r * w2i + y2i * w2r;
      y[b3 + q] = y3r * w3r - y3i * w3i;
      y[b3 + q + flop] = y3r * w3i + y3i * w3r;
    }
  }
}
