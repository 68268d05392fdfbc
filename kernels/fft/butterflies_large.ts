/** Stockham stages of the larger radices; see butterflies.ts. */

import type { Stage } from "./butterflies.ts";

/** Radix 5. Changes `y`. */
export function radix5(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch } = stage;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  const c1 = Math.cos(2 * Math.PI / 5);
  const s1 = Math.sin(2 * Math.PI / 5);
  const c2 = Math.cos(4 * Math.PI / 5);
  const s2 = Math.sin(4 * Math.PI / 5);
  for (let p = 0; p < count; p++) {
    const t = p * twiddlePitch;
    const w1r = scale * twiddles[t]!;
    const w1i = scale * twiddles[t + 1]!;
    const w2r = scale * twiddles[t + 2]!;
    const w2i = scale * twiddles[t + 3]!;
    const w3r = scale * twiddles[t + 4]!;
    const w3i = scale * twiddles[t + 5]!;
    const w4r = scale * twiddles[t + 6]!;
    const w4i = scale * twiddles[t + 7]!;
    const a0 = stage.inStart + stage.inSwap + p * inPitch;
    const a1 = a0 + inStep;
    const a2 = a1 + inStep;
    const a3 = a2 + inStep;
    const a4 = a3 + inStep;
    const b0 = stage.outStart + stage.outSwap + p * outPitch;
    const b1 = b0 + outStep;
    const b2 = b1 + outStep;
    const b3 = b2 + outStep;
    const b4 = b3 + outStep;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + flip]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + flip]!;
      const x2r = x[a2 + q]!;
      const x2i = x[a2 + q + flip]!;
      const x3r = x[a3 + q]!;
      const x3i = x[a3 + q + flip]!;
      const x4r = x[a4 + q]!;
      const x4i = x[a4 + q + flip]!;
      const ar = x1r + x4r;
      const ai = x1i + x4i;
      const br = x1r - x4r;
      const bi = x1i - x4i;
      const cr = x2r + x3r;
      const ci = x2i + x3i;
      const dr = x2r - x3r;
      const di = x2i - x3i;
      const er = x0r + c1 * ar + c2 * cr;
      const ei = x0i + c1 * ai + c2 * ci;
      const fr = x0r + c2 * ar + c1 * cr;
      const fi = x0i + c2 * ai + c1 * ci;
      const gr = s1 * bi + s2 * di;
      const gi = -s1 * br - s2 * dr;
      const hr = s2 * bi - s1 * di;
      const hi = s1 * dr - s2 * br;
      const y0r = x0r + ar + cr;
      const y0i = x0i + ai + ci;
      const y1r = er + gr;
      const y1i = ei + gi;
      const y2r = fr + hr;
      const y2i = fi + hi;
      const y3r = fr - hr;
      const y3i = fi - hi;
      const y4r = er - gr;
      const y4i = ei - gi;
      y[b0 + q] = scale * y0r;
      y[b0 + q + flop] = scale * y0i;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + flop] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + flop] = y2r * w2i + y2i * w2r;
      y[b3 + q] = y3r * w3r - y3i * w3i;
      y[b3 + q + flop] = y3r * w3i + y3i * w3r;
      y[b4 + q] = y4r * w4r - y4i * w4i;
      y[b4 + q + flop] = y4r * w4i + y4i * w4r;
    }
  }
}

/** Radix 8. Changes `y`. */
export function radix8(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch } = stage;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  const h = Math.SQRT1_2;
  for (let p = 0; p < count; p++) {
    const t = p * twiddlePitch;
    const w1r = scale * twiddles[t]!;
    const w1i = scale * twiddles[t + 1]!;
    const w2r = scale * twiddles[t + 2]!;
    const w2i = scale * twiddles[t + 3]!;
    const w3r = scale * twiddles[t + 4]!;
    const w3i = scale * twiddles[t + 5]!;
    const w4r = scale * twiddles[t + 6]!;
    const w4i = scale * twiddles[t + 7]!;
    const w5r = scale * twiddles[t + 8]!;
    const w5i = scale * twiddles[t + 9]!;
    const w6r = scale * twiddles[t + 10]!;
    const w6i = scale * twiddles[t + 11]!;
    const w7r = scale * twiddles[t + 12]!;
    const w7i = scale * twiddles[t + 13]!;
    const a0 = stage.inStart + stage.inSwap + p * inPitch;
    const a1 = a0 + inStep;
    const a2 = a1 + inStep;
    const a3 = a2 + inStep;
    const a4 = a3 + inStep;
    const a5 = a4 + inStep;
    const a6 = a5 + inStep;
    const a7 = a6 + inStep;
    const b0 = stage.outStart + stage.outSwap + p * outPitch;
    const b1 = b0 + outStep;
    const b2 = b1 + outStep;
    const b3 = b2 + outStep;
    const b4 = b3 + outStep;
    const b5 = b4 + outStep;
    const b6 = b5 + outStep;
    const b7 = b6 + outStep;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a0 + q]!;
      const x0i = x[a0 + q + flip]!;
      const x1r = x[a1 + q]!;
      const x1i = x[a1 + q + flip]!;
      const x2r = x[a2 + q]!;
      const x2i = x[a2 + q + flip]!;
      const x3r = x[a3 + q]!;
      const x3i = x[a3 + q + flip]!;
      const x4r = x[a4 + q]!;
      const x4i = x[a4 + q + flip]!;
      const x5r = x[a5 + q]!;
      const x5i = x[a5 + q + flip]!;
      const x6r = x[a6 + q]!;
      const x6i = x[a6 + q + flip]!;
      const x7r = x[a7 + q]!;
      const x7i = x[a7 + q + flip]!;
      const uer = x0r + x4r;
      const uei = x0i + x4i;
      const ufr = x0r - x4r;
      const ufi = x0i - x4i;
      const ugr = x2r + x6r;
      const ugi = x2i + x6i;
      const uhr = x2i - x6i;
      const uhi = x6r - x2r;
      const e0r = uer + ugr;
      const e0i = uei + ugi;
      const e1r = ufr + uhr;
      const e1i = ufi + uhi;
      const e2r = uer - ugr;
      const e2i = uei - ugi;
      const e3r = ufr - uhr;
      const e3i = ufi - uhi;
      const ver = x1r + x5r;
      const vei = x1i + x5i;
      const vfr = x1r - x5r;
      const vfi = x1i - x5i;
      const vgr = x3r + x7r;
      const vgi = x3i + x7i;
      const vhr = x3i - x7i;
      const vhi = x7r - x3r;
      const o0r = ver + vgr;
      const o0i = vei + vgi;
      const z1r = vfr + vhr;
      const z1i = vfi + vhi;
      const z2r = ver - vgr;
      const z2i = vei - vgi;
      const z3r = vfr - vhr;
      const z3i = vfi - vhi;
      const o1r = h * (z1r + z1i);
      const o1i = h * (z1i - z1r);
      const o2r = z2i;
      const o2i = -z2r;
      const o3r = h * (z3i - z3r);
      const o3i = -h * (z3r + z3i);
      const y0r = e0r + o0r;
      const y0i = e0i + o0i;
      const y4r = e0r - o0r;
      const y4i = e0i - o0i;
      const y1r = e1r + o1r;
      const y1i = e1i + o1i;
      const y5r = e1r - o1r;
      const y5i = e1i - o1i;
      const y2r = e2r + o2r;
      const y2i = e2i + o2i;
      const y6r = e2r - o2r;
      const y6i = e2i - o2i;
      const y3r = e3r + o3r;
      const y3i = e3i + o3i;
      const y7r = e3r - o3r;
      const y7i = e3i - o3i;
      y[b0 + q] = scale * y0r;
      y[b0 + q + flop] = scale * y0i;
      y[b1 + q] = y1r * w1r - y1i * w1i;
      y[b1 + q + flop] = y1r * w1i + y1i * w1r;
      y[b2 + q] = y2r * w2r - y2i * w2i;
      y[b2 + q + flop] = y2r * w2i + y2i * w2r;
      y[b3 + q] = y3r * w3r - y3i * w3i;
      y[b3 + q + flop] = y3r * w3i + y3i * w3r;
      y[b4 + q] = y4r * w4r - y4i * w4i;
      y[b4 + q + flop] = y4r * w4i + y4i * w4r;
      y[b5 + q] = y5r * w5r - y5i * w5i;
      y[b5 + q + flop] = y5r * w5i + y5i * w5r;
      y[b6 + q] = y6r * w6r - y6i * w6i;
      y[b6 + q + flop] = y6r * w6i + y6i * w6r;
      y[b7 + q] = y7r * w7r - y7i * w7i;
      y[b7 + q + flop] = y7r * w7i + y7i * w7r;
    }
  }
}

/**
 * Any odd radix, for the small primes above 5: elements j and radix - j are taken together, so that outputs k and radix - k share
 * their sums. Changes `y`.
 */
export function radixOdd(y: Float64Array, x: Float64Array, stage: Stage): void {
  const { count, run, inPitch, inStep, outPitch, outStep, scale, twiddles, twiddlePitch, roots } = stage;
  const radix = roots.length / 2;
  const half = (radix - 1) / 2;
  const flip = 1 - 2 * stage.inSwap;
  const flop = 1 - 2 * stage.outSwap;
  // Sums and differences of the pairs: re and im of each.
  const pairs = new Float64Array(4 * half + 4);
  for (let p = 0; p < count; p++) {
    const a = stage.inStart + stage.inSwap + p * inPitch;
    const b = stage.outStart + stage.outSwap + p * outPitch;
    const t = p * twiddlePitch;
    for (let q = 0; q < run; q += 2) {
      const x0r = x[a + q]!;
      const x0i = x[a + q + flip]!;
      let totalRe = x0r;
      let totalIm = x0i;
      for (let j = 1; j <= half; j++) {
        const one = a + j * inStep + q;
        const other = a + (radix - j) * inStep + q;
        pairs[4 * j] = x[one]! + x[other]!;
        pairs[4 * j + 1] = x[one + flip]! + x[other + flip]!;
        pairs[4 * j + 2] = x[one]! - x[other]!;
        pairs[4 * j + 3] = x[one + flip]! - x[other + flip]!;
        totalRe += pairs[4 * j]!;
        totalIm += pairs[4 * j + 1]!;
      }
      y[b + q] = scale * totalRe;
      y[b + q + flop] = scale * totalIm;
      for (let k = 1; k <= half; k++) {
        let evenRe = x0r;
        let evenIm = x0i;
        let oddRe = 0;
        let oddIm = 0;
        for (let j = 1, r = k; j <= half; j++, r = r + k < radix ? r + k : r + k - radix) {
          const c = roots[2 * r]!;
          const s = roots[2 * r + 1]!;
          evenRe += pairs[4 * j]! * c;
          evenIm += pairs[4 * j + 1]! * c;
          oddRe -= pairs[4 * j + 3]! * s;
          oddIm += pairs[4 * j + 2]! * s;
        }
        rotate(y, b + k * outStep + q, {
          re: evenRe + oddRe,
          im: evenIm + oddIm,
          wr: scale * twiddles[t + 2 * k - 2]!,
          wi: scale * twiddles[t + 2 * k - 1]!,
          flop,
        });
        rotate(y, b + (radix - k) * outStep + q, {
          re: evenRe - oddRe,
          im: evenIm - oddIm,
          wr: scale * twiddles[t + 2 * (radix - k) - 2]!,
          wi: scale * twiddles[t + 2 * (radix - k) - 1]!,
          flop,
        });
      }
    }
  }
}

/** Writes `(re + i im) (wr + i wi)`. Changes `y`. */
function rotate(
  y: Float64Array,
  at: number,
  { re, im, wr, wi, flop }: { re: number; im: number; wr: number; wi: number; flop: number },
): void {
  y[at] = re * wr - im * wi;
  y[at + flop] = re * wi + im * wr;
}
