/** Whole simulations: their light, their counts, their seed, and what they refuse. */

import assert from "node:assert/strict";
import { isPtychoError, ParameterError } from "../errors.ts";
import { type SimScanParams, simScanParams } from "../parameters/scandata/sim_scan.ts";
import { silentServices } from "../preparation/testing.ts";
import { createRandom } from "../random.ts";
import { simulateScan, type Simulation } from "./simulated_scan.ts";

/** 16 x 16 frames of 2 um pixels at 13 positions, 1e5 photons through a round hole that fills a third of the frame. */
const BASE = {
  name: "SimScan",
  shape: 16,
  energy: 7.2,
  distance: 1,
  psize: 1e-5,
  detector: null,
  xy: { model: "spiral", extent: 4e-6, spacing: 1e-6, steps: 4 },
  illumination: { photons: 1e5, aperture: { form: "circ", edge: 1 }, diversity: null },
  sample: { fill: 0.8, process: null, diversity: null },
};

function params(given: Record<string, unknown> = {}): SimScanParams {
  return simScanParams.parse({ ...BASE, ...given });
}

function simulate(given: Record<string, unknown> = {}, { seed = 1, messages = [] as string[] } = {}): Simulation {
  return simulateScan(params(given), silentServices({ random: createRandom(seed), messages }));
}

function frames({ scan }: Simulation, start = 0, stop = scan.numFrames): number[] {
  return Array.from(scan.frames(start, stop).data.data, Number);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

for (const propagation of ["farfield", "nearfield"]) {
  Deno.test(`an ideal detector receives the photons that pass the sample (Parseval), ${propagation}`, () => {
    const near = propagation === "nearfield" ? { psize: 1e-6, distance: 1e-2 } : {};
    const simulation = simulate({ propagation, ...near });
    const perFrame = sum(frames(simulation, 3, 4));
    assert.ok(Math.abs(perFrame / (1e5 * 0.64) - 1) < 1e-10, String(perFrame));
  });
}

Deno.test("the light of modes adds up as intensities", () => {
  const light = (modes: number, power: number[]) =>
    simulate({
      coherence: { num_probe_modes: modes },
      illumination: { ...BASE.illumination, diversity: { noise: [1, 3], power } },
    });
  const three = light(3, [0.3, 0.1]);
  assert.equal(three.truth.pods.length, 3 * three.scan.numFrames);
  const size = 2 * 16 * 16;
  const powers = [0, 1, 2].map((m) =>
    sum(Array.from(three.truth.probe.data.slice(m * size, (m + 1) * size), (v) => v * v))
  );
  assert.deepEqual(powers.map((p) => Math.round(p / sum(powers) * 1400)), [1000, 300, 100]);
  assert.ok(Math.abs(sum(frames(three, 0, 1)) / (sum(powers) * 0.64) - 1) < 1e-10);
});

Deno.test("the light of two energies adds up by their spectrum; twice the energy fills half of the detector", () => {
  const one = frames(simulate(), 0, 1);
  const two = frames(simulate({ coherence: { energies: [1, 2], spectrum: [3, 1] } }), 0, 1);
  const harmonic = two.map((v, i) => v - 0.75 * one[i]!);
  const outside = harmonic.filter((_, i) => [Math.floor(i / 16), i % 16].some((at) => at < 4 || at >= 12));
  assert.equal(outside.length, 192);
  assert.ok(outside.every((v) => Math.abs(v) < 1e-6), `found ${Math.max(...outside)} beside the period`);
  // The hole of a third of the frame fits into the half of it that the harmonic is sampled for.
  assert.ok(Math.abs(sum(harmonic) / (0.25 * 1e5 * 0.64) - 1) < 1e-3, String(sum(harmonic)));
});

Deno.test("the light of several energies adds up by their shares, each in a pattern of its own size", () => {
  const coherence = { energies: [1, 1.25], spectrum: [3, 1] };
  const illumination = { ...BASE.illumination, aperture: { form: "circ", size: 3e-6, edge: 1 } };
  const two = frames(simulate({ coherence, illumination }), 0, 1);
  const one = frames(simulate({ illumination }), 0, 1);
  // A pattern at 1.25 times the energy is 1.25 times smaller along both axes. The aperture is sampled on one grid.
  const peak = 0.75 + 0.25 * 1.25 ** 2;
  assert.ok(Math.abs(Math.max(...two) / Math.max(...one) / peak - 1) < 0.01, String(Math.max(...two)));
  // What the smaller pattern puts beyond the frame of the larger one is missing from neither by more than 1 %.
  assert.ok(Math.abs(sum(two) / (1e5 * 0.64) - 1) < 0.01, String(sum(two)));
});

for (const photons of [40, 4000]) {
  Deno.test(`counts follow the Poisson law: chi-square over 300 seeds at ${photons} photons a frame`, () => {
    const illumination = { ...BASE.illumination, photons };
    const means = frames(simulate({ illumination }), 0, 1);
    let [chi2, pixels] = [0, 0];
    const seeds = 300;
    for (let seed = 0; seed < seeds; seed++) {
      const counts = frames(simulate({ illumination, detector: {} }, { seed }), 0, 1);
      for (const [i, mean] of means.entries()) {
        if (mean < 0.05) continue;
        chi2 += (counts[i]! - mean) ** 2 / mean;
        pixels++;
      }
    }
    // (n - m)^2 / m has mean 1 and variance 2 + 1 / m for a Poisson count; four standard deviations of the mean are allowed.
    const variance = means.filter((m) => m >= 0.05).reduce((v, m) => v + 2 + 1 / m, 0) * seeds / pixels;
    assert.ok(pixels > 1000, String(pixels));
    assert.ok(Math.abs(chi2 / pixels - 1) < 4 * Math.sqrt(variance / pixels), `${chi2 / pixels} over ${pixels}`);
  });
}

Deno.test("frames are the same whole, in parts, backwards, and again; another seed gives others", () => {
  const noisy = { detector: { shot_noise: 1 }, xy: { ...BASE.xy, jitter: 3e-7 }, pos_noise: 1e-7, pos_scale: 1 };
  const whole = simulate(noisy);
  const all = frames(whole);
  const parts = simulate(noisy);
  const backwards = Array.from({ length: parts.scan.numFrames }, (_, i) => parts.scan.numFrames - 1 - i)
    .map((frame) => frames(parts, frame, frame + 1)).reverse().flat();
  assert.deepEqual(backwards, all);
  assert.deepEqual(frames(whole), all);
  assert.deepEqual(simulate(noisy).scan.positions, whole.scan.positions);
  assert.notDeepEqual(frames(simulate(noisy, { seed: 2 })), all);
  assert.notDeepEqual(simulate(noisy, { seed: 2 }).scan.positions, whole.scan.positions);
});

Deno.test("position errors are in what is recorded, not in where the sample was", () => {
  const exact = simulate();
  const wrong = simulate({ pos_noise: 2e-7, pos_scale: 1, pos_drift: [0, 1e-6] });
  assert.deepEqual(frames(wrong), frames(exact));
  assert.deepEqual(wrong.truth.positions, exact.scan.positions);
  const error = wrong.scan.positions!.map((v, i) => v - exact.scan.positions![i]!);
  assert.ok(error.every((e, i) => Math.abs(e - (i < 2 ? 0 : 1e-6)) <= 2e-7) && error.every((e) => e !== 0));
});

Deno.test("frame_size cuts about the middle, or extends by masked pixels, and the axis moves along", () => {
  const whole = simulate({ center: [7, 9] });
  const cut = simulate({ center: [7, 9], frame_size: [6, 4] });
  const { data, weights } = cut.scan.frames(1, 2);
  assert.deepEqual(data.shape, [1, 6, 4]);
  const full = frames(whole, 1, 2);
  const expected = Array.from({ length: 24 }, (_, i) => full[(5 + Math.floor(i / 4)) * 16 + 6 + i % 4]);
  assert.deepEqual(Array.from(data.data, Number), expected);
  assert.ok(weights!.data.every((w) => w === 1));
  assert.deepEqual(cut.scan.found, { shape: [6, 4], center: [2, 3] });
  const wide = simulate({ frame_size: 20 }).scan.frames(0, 1);
  const valid = Array.from(wide.weights!.data as Uint8Array);
  assert.equal(sum(valid), 256);
  assert.ok(valid.every((w, i) => w === 1 || wide.data.data[i] === 0));
});

Deno.test("center puts the optical axis there: the undiffracted beam falls on it", () => {
  const pattern = frames(simulate({ center: [5, 11], sample: { process: null } }), 0, 1);
  assert.equal(pattern.indexOf(Math.max(...pattern)), 5 * 16 + 11);
});

Deno.test("psf blurs before the detector counts", () => {
  const sharp = frames(simulate(), 0, 1);
  for (const psf of [1, [1, 0.5], [[1, 2, 1], [2, 4, 2], [1, 2, 1]]]) {
    const blurred = frames(simulate({ psf }), 0, 1);
    assert.ok(Math.abs(sum(blurred) / sum(sharp) - 1) < 1e-12);
    assert.ok(Math.max(...blurred) < 0.9 * Math.max(...sharp));
  }
  assert.ok(frames(simulate({ psf: 1, detector: {} }), 0, 1).every(Number.isInteger));
});

Deno.test("gaps and clipped pixels are masked, and gaps are 0", () => {
  const detector = { shape: 16, modules: 7, gaps: 2, full_well: 3000 };
  const { data, weights } = simulate({ detector }).scan.frames(0, 1);
  const valid = Array.from(weights!.data as Uint8Array);
  const isGap = (i: number) => [Math.floor(i / 16), i % 16].some((at) => at === 7 || at === 8);
  assert.ok(valid.every((w, i) => !isGap(i) || (w === 0 && data.data[i] === 0)));
  const clipped = valid.flatMap((w, i) => w === 0 && !isGap(i) ? [Number(data.data[i])] : []);
  assert.ok(clipped.length > 0 && clipped.every((v) => v === 3000), clipped.join());
});

Deno.test("xy.override and a list as xy.model are the positions; num_frames keeps the first", () => {
  const list = [[0, 0], [1e-6, 0], [0, 2e-6]];
  for (const xy of [{ override: list }, { model: list }]) {
    assert.deepEqual([...simulate({ xy }).scan.positions!], list.flat());
  }
  assert.deepEqual([...simulate({ xy: { override: list }, num_frames: 2 }).scan.positions!], list.slice(0, 2).flat());
});

Deno.test("verbose_level says nothing at 0, the size at 1, the light at 2, and every run of frames at 3", () => {
  const told = (verbose_level: number) => {
    const messages: string[] = [];
    frames(simulate({ verbose_level }, { messages }), 0, 2);
    return messages;
  };
  assert.deepEqual(told(0), []);
  assert.match(told(1).join("\n"), /^simulating 13 frames of 16 x 16, 1 probe modes on an object of \d+ x \d+ pixels$/);
  assert.match(told(2)[1]!, /^farfield: wavelength 1\.72200e-10 m, sample pixel .* 100000 photons/);
  assert.deepEqual(told(3).slice(2), ["simulating frames 0 to 1"]);
});

Deno.test("pixels that a sold detector does not have are mentioned", () => {
  const messages: string[] = [];
  simulate({ detector: "PILATUS_300K", verbose_level: 0 }, { messages });
  assert.match(messages.join(), /psize is 0\.00001 x 0\.00001 m, but the pixels of this detector are 0\.000172 m/);
});

const REFUSED: readonly [what: string, given: Record<string, unknown>, path: string][] = [
  ["no energy", { energy: 0 }, "energy"],
  ["no distance", { distance: null }, "distance"],
  ["pixels of 0", { psize: 0 }, "psize"],
  ["an energy in eV", { energy: 7.2e12 }, ""],
  ["frames of all sizes", { shape: null }, "shape"],
  ["frames that no memory holds", { shape: 1e6 }, "shape"],
  ["modes that no memory holds", { shape: 4000, coherence: { num_probe_modes: 9 } }, "shape"],
  ["an object that no memory holds", { xy: { ...BASE.xy, extent: 1, spacing: 1e-2, steps: 100 } }, "xy"],
  ["more positions than can be simulated", { xy: { model: "raster", extent: 1, spacing: 1e-7, steps: null } }, "xy"],
  ["no pattern", { xy: {} }, "xy.model"],
  ["no position inside", { xy: { ...BASE.xy, offset: 1 } }, "xy.extent"],
  ["no spacing", { xy: { ...BASE.xy, spacing: null, extent: null } }, "xy"],
  ["positions of three", { xy: { override: [[1, 2, 3]] } }, "xy.override"],
  ["a negative jitter", { xy: { ...BASE.xy, jitter: -1 } }, "xy.jitter"],
  ["a negative blur", { psf: -1 }, "psf"],
  ["a kernel of zeros", { psf: [[0, 0], [0, 0]] }, "psf"],
  ["a frame in a gap", { detector: "EIGER_1M" }, "detector"],
  ["noise twice", { detector: {}, add_poisson_noise: true }, "add_poisson_noise"],
  [
    "light that does not pass",
    { illumination: { photons: 1, aperture: { form: "circ", offset: 1 } } },
    "illumination.aperture.offset",
  ],
];

for (const [what, given, name] of REFUSED) {
  Deno.test(`simulateScan() refuses ${what}, naming scans.*.data${name && `.${name}`}`, () => {
    assert.throws(() => simulate(given), (e) => {
      assert.ok(isPtychoError(e, "ParameterError"), String(e));
      const paths = (e as ParameterError).issues.map((issue) => issue.path);
      assert.deepEqual(paths, [name === "" ? "scans.*.data" : `scans.*.data.${name}`], e.message);
      return true;
    });
  });
}
