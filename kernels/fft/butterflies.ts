/**
 * One Stockham stage for each small radix: reads `x`, writes `y`, both interleaved complex.
 *
 * A stage of radix r on sequences of length n with stride s (s independent numbers side by side) computes, for m = n / r,
 * `y[q + s * (r * p + k)] = w(n)^(p * k) * sum_j x[q + s * (p + m * j)] * w(r)^(j * k)` with `w(n) = exp(-2 pi i / n)`.
 * @see Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), section 1.7
 */

/** What a stage works on: `length` and `stride` as above, `twiddles[2 * (p * (r - 1) + k - 1)]` = w(n)^(p * k). */
export interface Stage {
  readonly radix: number;
  readonly length: number;
  readonly stride: number;
  readonly twiddles: Float64Array;
  /** cos and sin of -2 pi j / radix, interleaved, for radices without a butterfly of their own. */
  readonly roots: Float64Array;
}

/** Radix 2 stage. Changes `y`. */
export function radix2(
  y: Float64Array,
  x: Float64Array,
  { length, stride, twiddles, batch }: Stage & { batch: number },
) {
  const m = length / 2;
  const width = 2 * stride * batch;
  for (let p = 0; p < m; p++) {
    const wr = twiddles[2 * p]!;
    const wi = twiddles[2 * p + 1]!;
    const a0 = width * p;
    const a1 = width * (p + m);
    const b0 = width * 2 * p;
    const b1 = b0 + width;
    for (let q = 0; q < width; q += 2) {
      const ar = x[a0 + q]!;
      const ai = x[a0 + q + 1]!;
      const br = x[a1 + q]!;
      const bi = x[a1 + q + 1]!;
      const dr = ar - br;
      const di = ai - bi;
      y[b0 + q] = ar + br;
      y[b0 + q + 1] = ai + bi;
      y[b1 + q] = dr * wr - di * wi;
      y[b1 + q + 1] = dr * wi + di * wr;
    }
  }
}

/** Radix 3 stage. Changes `y`. */
export function radix3(
  y: Float64Array,
  x: Float64Array,
  { length, stride, twiddles, batch }: Stage & { batch: number },
) {
  const m = length / 3;
  const width = 2 * stride * batch;
  const s3 = Math.sqrt(3) / 2;
  for (let p = 0; p < m; p++) {
    const w1r = twiddles[4 * p]!;
    const w1i = twiddles[4 * p + 1]!;
    const w2r = twiddles[4 * p + 2]!;
    const w2i = twiddles[4 * p + 3]!;
    const a0 = width * p;
    const a1 = a0 + width * m;
    const a2 = a1 + width * m;
    const b0 = width * 3 * p;
    const b1 = b0 + width;
    const b2 = b1 + width;
    for (let q = 0; q < width; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + 1]!;
      const sr = x[a1 + q]! + x[a2 + q]!;
      const si = x[a1 + q + 1]! + x[a2 + q + 1]!;
      const dr = s3 * (x[a1 + q + 1]! - x[a2 + q + 1]!);
      const di = s3 * (x[a2 + q]! - x[a1 + q]!);
      const tr = x0r - 0.5 * sr;
      const ti = x0i - 0.5 * si;
      const y1r = tr + dr;
      const y1i = ti + di;
      const y2r = tr - dr;
      const y2i = ti - di;
      y[b0 + q] = x0r + sr;
      y[b0 + q + 1] = x0i + si;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + 1] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + 1] = y2r * w2i + y2i * w2r;
    }
  }
}

/** Radix 4 stage. Changes `y`. */
export function radix4(
  y: Float64Array,
  x: Float64Array,
  { length, stride, twiddles, batch }: Stage & { batch: number },
) {
  const m = length / 4;
  const width = 2 * stride * batch;
  for (let p = 0; p < m; p++) {
    const w1r = twiddles[6 * p]!;
    const w1i = twiddles[6 * p + 1]!;
    const w2r = twiddles[6 * p + 2]!;
    const w2i = twiddles[6 * p + 3]!;
    const w3r = twiddles[6 * p + 4]!;
    const w3i = twiddles[6 * p + 5]!;
    const a0 = width * p;
    const a1 = a0 + width * m;
    const a2 = a1 + width * m;
    const a3 = a2 + width * m;
    const b0 = width * 4 * p;
    const b1 = b0 + width;
    const b2 = b1 + width;
    const b3 = b2 + width;
    for (let q = 0; q < width; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + 1]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + 1]!;
      const x2r = x[a2 + q]!;
      const x2i = x[a2 + q + 1]!;
      const x3r = x[a3 + q]!;
      const x3i = x[a3 + q + 1]!;
      const er = x0r + x2r;
      const ei = x0i + x2i;
      const fr = x0r - x2r;
      const fi = x0i - x2i;
      const gr = x1r + x3r;
      const gi = x1i + x3i;
      const hr = x1i - x3i;
      const hi = x3r - x1r;
      const y1r = fr + hr;
      const y1i = fi + hi;
      const y2r = er - gr;
      const y2i = ei - gi;
      const y3r = fr - hr;
      const y3i = fi - hi;
      y[b0 + q] = er + gr;
      y[b0 + q + 1] = ei + gi;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + 1] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + 1] = y2r * w2i + y2i * w2r;
      y[b3 + q] = y3r * w3r - y3i * w3i;
      y[b3 + q + 1] = y3r * w3i + y3i * w3r;
    }
  }
}

/** Radix 5 stage. Changes `y`. */
export function radix5(
  y: Float64Array,
  x: Float64Array,
  { length, stride, twiddles, batch }: Stage & { batch: number },
) {
  const m = length / 5;
  const width = 2 * stride * batch;
  const c1 = Math.cos(2 * Math.PI / 5);
  const c2 = Math.cos(4 * Math.PI / 5);
  const s1 = Math.sin(2 * Math.PI / 5);
  const s2 = Math.sin(4 * Math.PI / 5);
  for (let p = 0; p < m; p++) {
    const t = 8 * p;
    for (let q = 0; q < width; q += 2) {
      const a = width * p + q;
      const step = width * m;
      const x0r = x[a]!;
      const x0i = x[a + 1]!;
      const ar = x[a + step]! + x[a + 4 * step]!;
      const ai = x[a + step + 1]! + x[a + 4 * step + 1]!;
      const br = x[a + step]! - x[a + 4 * step]!;
      const bi = x[a + step + 1]! - x[a + 4 * step + 1]!;
      const cr = x[a + 2 * step]! + x[a + 3 * step]!;
      const ci = x[a + 2 * step + 1]! + x[a + 3 * step + 1]!;
      const dr = x[a + 2 * step]! - x[a + 3 * step]!;
      const di = x[a + 2 * step + 1]! - x[a + 3 * step + 1]!;
      const er = x0r + c1 * ar + c2 * cr;
      const ei = x0i + c1 * ai + c2 * ci;
      const fr = x0r + c2 * ar + c1 * cr;
      const fi = x0i + c2 * ai + c1 * ci;
      const gr = s1 * bi + s2 * di;
      const gi = -s1 * br - s2 * dr;
      const hr = s2 * bi - s1 * di;
      const hi = s1 * dr - s2 * br;
      const b = width * 5 * p + q;
      y[b] = x0r + ar + cr;
      y[b + 1] = x0i + ai + ci;
      store(
        y,
        b + width,
        (er + gr) * twiddles[t]! - (ei + gi) * twiddles[t + 1]!,
        (er + gr) * twiddles[t + 1]! + (ei + gi) * twiddles[t]!,
      );
      store(
        y,
        b + 2 * width,
        (fr + hr) * twiddles[t + 2]! - (fi + hi) * twiddles[t + 3]!,
        (fr + hr) * twiddles[t + 3]! + (fi + hi) * twiddles[t + 2]!,
      );
      store(
        y,
        b + 3 * width,
        (fr - hr) * twiddles[t + 4]! - (fi - hi) * twiddles[t + 5]!,
        (fr - hr) * twiddles[t + 5]! + (fi - hi) * twiddles[t + 4]!,
      );
      store(
        y,
        b + 4 * width,
        (er - gr) * twiddles[t + 6]! - (ei - gi) * twiddles[t + 7]!,
        (er - gr) * twiddles[t + 7]! + (ei - gi) * twiddles[t + 6]!,
      );
    }
  }
}

/** Stage of any radix by the definition, for the small primes above 5. Changes `y`. */
export function radixAny(y: Float64Array, x: Float64Array, stage: Stage & { batch: number }) {
  const { radix, length, stride, twiddles, roots, batch } = stage;
  const m = length / radix;
  const width = 2 * stride * batch;
  for (let p = 0; p < m; p++) {
    for (let k = 0; k < radix; k++) {
      const t = 2 * (p * (radix - 1) + k - 1);
      const wr = k === 0 ? 1 : twiddles[t]!;
      const wi = k === 0 ? 0 : twiddles[t + 1]!;
      const b = width * (radix * p + k);
      for (let q = 0; q < width; q += 2) {
        let sr = 0;
        let si = 0;
        for (let j = 0; j < radix; j++) {
          const r = 2 * ((j * k) % radix);
          const a = width * (p + m * j) + q;
          sr += x[a]! * roots[r]! - x[a + 1]! * roots[r + 1]!;
          si += x[a]! * roots[r + 1]! + x[a + 1]! * roots[r]!;
        }
        store(y, b + q, sr * wr - si * wi, sr * wi + si * wr);
      }
    }
  }
}

function store(y: Float64Array, at: number, re: number, im: number): void {
  y[at] = re;
  y[at + 1] = im;
}
