/** STXM starts against objects and probes that are known. */

import assert from "node:assert/strict";
import { heldFrames } from "../../kernels/measured.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import { createPropagator } from "../propagators/propagator.ts";
import { frameStatistics } from "./frame_statistics.ts";
import { integrateGradient } from "./integrate_gradient.ts";
import { stxmObject } from "./stxm_object.ts";
import { stxmProbe } from "./stxm_probe.ts";

const N = 32;
const SIZE = 64;
const GEOMETRY = createGeometry({ energy: 7.2, distance: 7.19, psize: 1e-4, shape: N, propagation: "farfield" });

/** The spot stays within the frame, and slopes move it further than what absorption takes from one of its sides. */
const NEAR = createGeometry({ energy: 7.2, distance: 1.5e-3, psize: 1e-7, shape: N, propagation: "nearfield" });

/** A Gaussian spot of 1e6 photons in the middle of a frame, whose far field is inside the frame as well. */
function spot(): Float64Array {
  const wave = Float64Array.from({ length: 2 * N * N }, (_, i) => {
    const pixel = Math.floor(i / 2);
    const square = (Math.floor(pixel / N) - N / 2) ** 2 + (pixel % N - N / 2) ** 2;
    return i % 2 === 0 ? Math.exp(-square / 18) : 0;
  });
  const power = wave.reduce((sum, v) => sum + v * v, 0);
  return wave.map((v) => v * Math.sqrt(1e6 / power));
}

/** Amplitude and phase of a smooth object, wider in its structure than the spot. */
function truth(y: number, x: number): { amplitude: number; phase: number } {
  const [u, v] = [Math.cos(2 * Math.PI * y / SIZE), Math.cos(2 * Math.PI * (x - 10) / SIZE)];
  return { amplitude: 0.9 + 0.05 * u - 0.05 * v, phase: 1.5 * u * v };
}

function simulate(geometry: Geometry) {
  const probe = spot();
  const propagator = createPropagator(geometry);
  const origins: number[] = [];
  for (let y = 0; y <= SIZE - N; y += 4) for (let x = 0; x <= SIZE - N; x += 4) origins.push(y, x);
  const frames = origins.length / 2;
  const diffraction = new Float64Array(frames * N * N);
  for (let frame = 0; frame < frames; frame++) {
    const wave = probe.slice();
    for (let i = 0; i < N * N; i++) {
      const { amplitude, phase } = truth(origins[2 * frame]! + Math.floor(i / N), origins[2 * frame + 1]! + i % N);
      const re = wave[2 * i]!;
      wave[2 * i] = re * amplitude * Math.cos(phase);
      wave[2 * i + 1] = re * amplitude * Math.sin(phase);
    }
    const far = propagator.forward(wave);
    for (let i = 0; i < N * N; i++) diffraction[frame * N * N + i] = far[2 * i]! ** 2 + far[2 * i + 1]! ** 2;
  }
  const measured = heldFrames({ points: N * N, diffraction, mask: new Uint8Array(N * N).fill(1) });
  return { probe, measured, origins: Int32Array.from(origins) };
}

Deno.test("stxmObject() finds transmission and phase of a smooth object where the spot went, far and near", () => {
  findsObject(GEOMETRY);
  findsObject(NEAR);
});

function findsObject(geometry: Geometry): void {
  const { probe, measured, origins } = simulate(geometry);
  const statistics = frameStatistics(measured, [N, N]);
  const { data, isCovered } = stxmObject({ geometry, statistics, origins }, { shape: [SIZE, SIZE], probe });
  // The spot's middle went over 16 to 48. A ramp and a factor are the probe's as well as the object's: fitted away.
  const found: number[][] = [];
  const expected: number[] = [];
  let worst = 0;
  for (let y = 18; y < 46; y++) {
    for (let x = 18; x < 46; x++) {
      const at = y * SIZE + x;
      assert.equal(isCovered[at], 1);
      const { amplitude, phase } = truth(y, x);
      const relative = Math.hypot(data[2 * at]!, data[2 * at + 1]!) / (amplitude / brightest());
      worst = Math.max(worst, Math.abs(relative - 1));
      expected.push(phase);
      found.push([1, y, x, Math.atan2(data[2 * at + 1]!, data[2 * at]!)]);
    }
  }
  // Amplitudes are blurred by the spot (sigma 2.1 pixels of intensity, on structure of 64 pixels) and by the steps of 4 pixels.
  assert.ok(worst < 0.02, `amplitude off by ${worst}`);
  const residual = residualOfPlane(found, expected);
  // The spot blurs twice, as it measures and as it weighs: sigma^2 = 9 pixels^2, exp(-9 (2 pi / 64)^2) = 0.92 of the phase.
  assert.ok(residual < 0.08 * 0.75 + 0.01, `phase off by ${residual} rad rms`);
  assert.ok(rms(expected.map((v) => v - expected.reduce((a, b) => a + b) / expected.length)) > 0.4);
}

/** Transmission of the brightest frame, seen through the spot. */
function brightest(): number {
  let most = 0;
  for (let y = 16; y <= 48; y += 4) for (let x = 16; x <= 48; x += 4) most = Math.max(most, truth(y, x).amplitude);
  return most;
}

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
}

/** Rms of found - expected after the best a + b y + c x; rows of `found` are (1, y, x, value). */
function residualOfPlane(found: readonly number[][], expected: readonly number[]): number {
  let rest = found.map((row, i) => row[3]! - expected[i]!);
  for (let turn = 0; turn < 50; turn++) {
    for (const column of [0, 1, 2]) {
      const direction = found.map((row) => column === 0 ? 1 : row[column]! - 31.5);
      const slope = rest.reduce((s, v, i) => s + v * direction[i]!, 0) / direction.reduce((s, d) => s + d * d, 0);
      rest = rest.map((v, i) => v - slope * direction[i]!);
    }
  }
  return rms(rest);
}

Deno.test("frameStatistics() counts valid pixels only", () => {
  const diffraction = Float64Array.of(1, 2, 3, 4, 0, 0, 8, 100);
  const mask = Uint8Array.of(1, 1, 1, 0);
  const { photons, centroids, mean } = frameStatistics(heldFrames({ points: 4, diffraction, mask }), [2, 2]);
  assert.deepEqual([...photons], [6, 8]);
  assert.deepEqual([...centroids], [0.5, 1 / 3, 1, 0]);
  assert.deepEqual([...mean], [0.5, 1, 5.5, 0]);
  const masks = Uint8Array.of(1, 1, 1, 0, 1, 0, 1, 1);
  assert.deepEqual([...frameStatistics(heldFrames({ points: 4, diffraction, mask: masks }), [2, 2]).mean], [
    0.5,
    2,
    5.5,
    100,
  ]);
  const dark = frameStatistics(heldFrames({ points: 4, diffraction: new Float64Array(4), mask }), [2, 2]);
  assert.ok(Number.isNaN(dark.centroids[0]));
});

Deno.test("integrateGradient() finds a field from its gradient, without wrapping at the borders", () => {
  const [rows, cols] = [24, 31];
  // Cosines that are flat at the borders are the ones that the mirrored quadrants know exactly.
  const field = (y: number, x: number) =>
    Math.cos(Math.PI * (y + 0.5) / rows) + 0.3 * Math.cos(3 * Math.PI * (x + 0.5) / cols);
  const down = new Float64Array(rows * cols);
  const across = new Float64Array(rows * cols);
  for (let i = 0; i < rows * cols; i++) {
    const [y, x] = [Math.floor(i / cols), i % cols];
    down[i] = -Math.PI / rows * Math.sin(Math.PI * (y + 0.5) / rows);
    across[i] = -0.9 * Math.PI / cols * Math.sin(3 * Math.PI * (x + 0.5) / cols);
  }
  const found = integrateGradient({ rows, cols, down, across });
  for (let i = 0; i < rows * cols; i++) {
    assert.ok(Math.abs(found[i]! - field(Math.floor(i / cols), i % cols)) < 1e-12, `at ${i}`);
  }
});

Deno.test("integrateGradient() of a slope is the slope, but near the borders", () => {
  const n = 40;
  const slope = new Float64Array(n * n).fill(0.1);
  const found = integrateGradient({ rows: n, cols: n, down: slope, across: new Float64Array(n * n) });
  for (let y = 4; y < n - 4; y++) {
    // The mirrored slope is a triangle wave, of which the highest frequencies are missing.
    assert.ok(Math.abs(found[y * n + 7]! - 0.1 * (y - (n - 1) / 2)) < 0.01, `row ${y}: ${found[y * n + 7]}`);
  }
});

Deno.test("stxmProbe() of a spot without curvature is the spot, in the far field", () => {
  const probe = spot();
  const far = createPropagator(GEOMETRY).forward(probe);
  const mean = Float64Array.from({ length: N * N }, (_, i) => far[2 * i]! ** 2 + far[2 * i + 1]! ** 2);
  const found = stxmProbe(mean, GEOMETRY).data as Float64Array;
  const peak = Math.max(...probe);
  // The far field of the spot has no phase but its curvature, and that of the sample plane, below 1e-2 rad here.
  for (let i = 0; i < N * N; i++) {
    const size = Math.hypot(found[2 * i]!, found[2 * i + 1]!);
    assert.ok(Math.abs(size - probe[2 * i]!) < 0.01 * peak, `at ${i}: ${size}`);
  }
});

Deno.test("stxmProbe() in the near field brings the mean frame back to the sample", () => {
  const geometry = createGeometry({ energy: 7.2, distance: 1e-3, psize: 1e-7, shape: N, propagation: "nearfield" });
  const mean = Float64Array.from({ length: N * N }, (_, i) => 1 + (i % 7));
  const there = createPropagator(geometry).forward(stxmProbe(mean, geometry).data as Float64Array);
  for (let i = 0; i < N * N; i++) {
    assert.ok(Math.abs(there[2 * i]! - Math.sqrt(mean[i]!)) < 1e-9 && Math.abs(there[2 * i + 1]!) < 1e-9);
  }
});
