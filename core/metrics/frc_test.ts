/** Fourier ring correlation at its limits: equal pictures, pure noise, known signal-to-noise ratio. */

import assert from "node:assert/strict";
import type { ComplexPlane } from "./complex_plane.ts";
import { firstCrossing, fourierRingCorrelation, HALF_BIT_SNR, informationThreshold, ONE_BIT_SNR } from "./frc.ts";

function randomPlane(rows: number, cols: number, seed: number): ComplexPlane {
  // Mulberry32: streams of neighbouring seeds are unrelated, unlike those of a multiplicative generator.
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const data = Float64Array.from({ length: 2 * rows * cols }, () => uniform() + uniform() + uniform() - 1.5);
  return { rows, cols, data };
}

const WHOLE = { y0: 0, x0: 0, y1: 60, x1: 72 };

Deno.test("informationThreshold() is 1 for one pixel and tends to S / (S + 1)", () => {
  for (const snr of [HALF_BIT_SNR, ONE_BIT_SNR]) {
    assert.ok(Math.abs(informationThreshold(snr, 1) - 1) < 1e-12);
    assert.ok(Math.abs(informationThreshold(snr, 1e12) - snr / (snr + 1)) < 1e-5);
  }
  // Worked by hand: S = 0.5, n = 100: (0.5 + 0.141421 + 0.1) / (1.5 + 0.141421).
  assert.ok(Math.abs(informationThreshold(0.5, 100) - 0.451695) < 1e-6);
});

Deno.test("fourierRingCorrelation() of a picture with itself is 1 in every ring and never crosses", () => {
  const a = randomPlane(60, 72, 5);
  const frc = fourierRingCorrelation([[a, a]], WHOLE);
  assert.equal(frc.correlation.length, 30);
  assert.ok(frc.correlation.every((c) => Math.abs(c - 1) < 1e-12));
  assert.deepEqual(firstCrossing(frc, frc.halfBit), { frequency: 0.5, pixels: 1, beyond: true });
});

Deno.test("fourierRingCorrelation() of independent noise stays below the half-bit threshold in nearly every ring", () => {
  const frc = fourierRingCorrelation([[randomPlane(60, 72, 5), randomPlane(60, 72, 6)]], WHOLE);
  const above = frc.correlation.filter((c, i) => c > frc.halfBit[i]!).length;
  assert.ok(above <= 1, `${above} rings above`);
  const mean = frc.correlation.reduce((s, c) => s + c, 0) / frc.correlation.length;
  assert.ok(Math.abs(mean) < 0.06, `mean ${mean}`);
});

Deno.test("fourierRingCorrelation() at equal power of signal and noise is 1/2, as SNR / (SNR + 1)", () => {
  const signal = randomPlane(60, 72, 1), n = randomPlane(60, 72, 2), m = randomPlane(60, 72, 3);
  const add = (p: ComplexPlane) => ({ ...p, data: p.data.map((v, i) => v + signal.data[i]!) });
  const frc = fourierRingCorrelation([[add(n), add(m)]], WHOLE);
  const high = frc.correlation.slice(10);
  const mean = high.reduce((s, c) => s + c, 0) / high.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`);
});

Deno.test("firstCrossing() interpolates between rings and gives half a period in pixels", () => {
  const frc = { frequency: [0.1, 0.2, 0.3], correlation: [0.9, 0.7, 0.3], halfBit: [0.5, 0.5, 0.5], oneBit: [1, 1, 1] };
  const crossing = firstCrossing(frc, frc.halfBit);
  assert.ok(Math.abs(crossing.frequency - 0.25) < 1e-8 && Math.abs(crossing.pixels - 2) < 1e-7 && !crossing.beyond);
  assert.equal(firstCrossing(frc, frc.oneBit).frequency, 0.1);
});

Deno.test("firstCrossing() does not count a single ring below the threshold", () => {
  const frequency = [0.1, 0.2, 0.3, 0.4, 0.5], half = frequency.map(() => 0.5);
  const frc = { frequency, correlation: [0.9, 0.4, 0.9, 0.1, 0.2], halfBit: half, oneBit: half };
  assert.ok(Math.abs(firstCrossing(frc, half).frequency - 0.35) < 1e-8);
});
