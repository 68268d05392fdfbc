/** Beams of the templates: where they are and how wide. */

import assert from "node:assert/strict";
import { createFft2 } from "../kernels/fft/fft.ts";
import { type IlluminationOptions, initialProbe } from "./illumination.ts";
import { illuminationTemplate, TEMPLATE_NAMES } from "./illumination_templates.ts";
import { createRandom } from "./random.ts";

const N = 96;

function beam(name: string, energy: number, pixel: number): Float64Array {
  const plane = { shape: [N, N], psize: [pixel, pixel], energy } as const;
  const options = { ...illuminationTemplate(name, plane)!, photons: 1 } as IlluminationOptions;
  return initialProbe(options, { ...plane, layers: 1, model: null, random: createRandom(1), where: "illumination" });
}

/** The part of the photons within a square of `side` pixels around the middle. */
function within(wave: Float64Array, side: number): number {
  let sum = 0;
  for (let i = 0; i < N * N; i++) {
    const far = Math.max(Math.abs(Math.floor(i / N) - N / 2), Math.abs(i % N - N / 2));
    if (far <= side / 2) sum += wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
  }
  return sum;
}

for (const name of TEMPLATE_NAMES.filter((n) => n !== "plane")) {
  Deno.test(`the beam of "${name}" fills a third of the frame or so, at any energy and pixel`, () => {
    for (const [energy, pixel] of [[7.2, 1e-7], [0.5, 2e-8], [20, 1e-6]] as const) {
      const wave = beam(name, energy, pixel);
      // Half of the frame holds nearly everything, a sixth little more than its share of the area of a third.
      assert.ok(within(wave, N / 2) > 0.95, `${within(wave, N / 2)} within half the frame`);
      assert.ok(within(wave, N / 6) < 0.5, `${within(wave, N / 6)} within a sixth`);
    }
  });
}

Deno.test("far behind the focus the light of the zone plate is a ring of half the frame, that of the mirrors a square", () => {
  const far = (name: string) => {
    const wave = beam(name, 7.2, 1e-7);
    createFft2(N, N).forward(wave);
    // The frequency 0 belongs into the middle.
    const centred = new Float64Array(wave.length);
    for (let i = 0; i < N * N; i++) {
      const to = ((Math.floor(i / N) + N / 2) % N) * N + (i % N + N / 2) % N;
      centred.set([wave[2 * i]! / N, wave[2 * i + 1]! / N], 2 * to);
    }
    return centred;
  };
  // The opening is 48 pixels wide, the stop 14, whose inner square is 8 wide but for its soft edge: 81 of 1650 pixels of light.
  const [ring, square] = [far("zone_plate"), far("kb_mirrors")];
  assert.ok(within(ring, 8) < 0.003 && within(ring, N / 2 + 4) > 0.999, `${within(ring, 8)}`);
  assert.ok(Math.abs(within(square, 24) / (25 * 25 / (48 * 48)) - 1) < 0.05, `${within(square, 24)}`);
});

Deno.test("the plane wave is 1 everywhere; other names are no templates", () => {
  const wave = beam("plane", 7.2, 1e-7);
  assert.ok(wave.every((v, i) => Math.abs(v - (i % 2 === 0 ? 1 / N : 0)) < 1e-12));
  assert.equal(illuminationTemplate("constructor", { shape: [2, 2], psize: [1, 1], energy: 1 }), null);
});
