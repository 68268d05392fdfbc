/** Beams against closed forms of optics: Airy's pattern, the width of a focus, Fresnel numbers, Gaussian beams, antialiasing. */

import assert from "node:assert/strict";
import type { ApertureOptions } from "./aperture.ts";
import { createGeometry } from "./geometry.ts";
import { type IlluminationOptions, initialProbe } from "./illumination.ts";
import { createPropagator } from "./propagators/propagator.ts";
import { createRandom } from "./random.ts";

const ENERGY = 7.2;
const LAM = 1.23984193e-9 / ENERGY;
const PIXEL = 1e-7;
const DISC: ApertureOptions = {
  form: "circ",
  size: null,
  offset: 0,
  rotate: 0,
  edge: 1,
  central_stop: null,
  diffuser: null,
};
const STILL = { focussed: null, parallel: null, spot_size: null };

function probe(n: number, p: Omit<IlluminationOptions, "photons">, layers = 1): Float64Array {
  return initialProbe({ ...p, photons: null }, {
    layers,
    shape: [n, n],
    psize: [PIXEL, PIXEL],
    energy: ENERGY,
    model: null,
    random: createRandom(3),
    where: "scans.A.illumination",
  });
}

/** Intensities to the right of the middle of a frame. */
function rightOf(wave: Float64Array, n: number): number[] {
  const at = 2 * (Math.floor(n / 2) * n + Math.floor(n / 2));
  return Array.from({ length: n / 2 }, (_, x) => wave[at + 2 * x]! ** 2 + wave[at + 2 * x + 1]! ** 2);
}

/** J1(x) by its integral, exact to rounding for a smooth periodic integrand. */
function bessel1(x: number): number {
  const steps = 200;
  let sum = 0;
  for (let k = 0; k < steps; k++) {
    const t = 2 * Math.PI * k / steps;
    sum += Math.cos(t - x * Math.sin(t));
  }
  return sum / steps;
}

/** Where a falling curve crosses a level, linear between samples. */
function crossing(values: readonly number[], level: number): number {
  const next = values.findIndex((v) => v < level);
  return next - 1 + (values[next - 1]! - level) / (values[next - 1]! - values[next]!);
}

Deno.test("the far field of a disc has Airy's first dark ring at 1.22 lam z / diameter, to half a pixel", () => {
  const n = 256;
  const diameter = 20;
  const disc = probe(n, { aperture: { ...DISC, size: diameter * PIXEL } });
  const geometry = createGeometry({
    energy: ENERGY,
    distance: 5,
    resolution: PIXEL,
    shape: n,
    propagation: "farfield",
  });
  const intensity = rightOf(createPropagator(geometry).forward(disc), n);
  const dark = intensity.findIndex((v, x) => x > 0 && v < intensity[x - 1]! && v < intensity[x + 1]!);
  const expected = 1.2197 * LAM * geometry.distance / (diameter * PIXEL) / geometry.psize[1];
  assert.ok(Math.abs(dark - expected) <= 0.5, `dark ring at ${dark}, expected ${expected}`);
  assert.ok(intensity[dark]! < 1e-3 * intensity[0]!);
});

Deno.test("the focus of a round lens is 1.029 lam f / diameter wide, that of a square one 0.886 lam f / width", () => {
  const n = 128;
  const focussed = 0.05;
  const size = LAM * focussed / (12 * PIXEL);
  for (const [form, width] of [["circ", 1.029], ["rect", 0.886]] as const) {
    const wave = probe(n, {
      aperture: { ...DISC, form, size, edge: 0.5 },
      propagation: { ...STILL, focussed, antialiasing: 3 },
    });
    const intensity = rightOf(wave, n);
    const full = 2 * crossing(intensity, intensity[0]! / 2);
    // The opening is 32 pixels wide, so that its edge is known to a percent or so.
    assert.ok(Math.abs(full / (12 * width) - 1) < 0.02, `${form}: ${full} pixels`);
  }
});

Deno.test("spot_size is the width of the focus to its first dark ring, and the aperture follows", () => {
  const [n, focussed, spot] = [128, 0.05, 20 * PIXEL];
  const wave = probe(n, {
    aperture: { ...DISC, size: 1, edge: 0.5 },
    propagation: { ...STILL, focussed, spot_size: spot },
  });
  const intensity = rightOf(wave, n);
  const dark = intensity.findIndex((v, x) => x > 0 && v < intensity[x - 1]! && v < intensity[x + 1]!);
  // 1.22 / (2 sqrt(sqrt 2)) of the spot on either side: 10.26 pixels.
  assert.ok(Math.abs(dark - 10.26) <= 0.5, `dark ring at ${dark}`);
});

Deno.test("on the axis behind a disc of Fresnel number F the intensity is 4 sin^2(pi F / 2)", () => {
  const [n, radius] = [128, 10 * PIXEL];
  for (const [F, expected] of [[1, 4], [2, 0], [3, 4], [1.5, 2]] as const) {
    const parallel = radius ** 2 / (LAM * F);
    const wave = probe(n, {
      aperture: { ...DISC, size: 2 * radius, edge: 0.2 },
      propagation: { ...STILL, parallel, antialiasing: 3 },
    });
    // The rim is drawn to a third of a pixel of 10, so that its wave, half of the amplitude, is not quite in step: 5 % of 4.
    assert.ok(Math.abs(rightOf(wave, n)[0]! - expected) < 0.2, `F = ${F}: ${rightOf(wave, n)[0]}`);
  }
});

Deno.test("a large Fresnel number casts the aperture's own shadow, a small one its Fraunhofer pattern", () => {
  const n = 128;
  const near = rightOf(
    probe(n, {
      aperture: { ...DISC, size: 60 * PIXEL, edge: 4 },
      propagation: { ...STILL, parallel: 30 ** 2 * PIXEL ** 2 / (LAM * 3000) },
    }),
    n,
  );
  const open = rightOf(
    probe(n, {
      aperture: { ...DISC, size: 60 * PIXEL, edge: 4, offset: PIXEL / 1e6 },
      propagation: { ...STILL, parallel: 1e-12 },
    }),
    n,
  );
  assert.ok(near.every((v, x) => Math.abs(v - open[x]!) < 0.02), "shadow");
  // F = 0.1 at the longest distance that 256 pixels sample: a disc of 5 pixels' radius.
  const [m, radius, F] = [256, 5 * PIXEL, 0.1];
  const distance = radius ** 2 / (LAM * F);
  const far = rightOf(
    probe(m, {
      aperture: { ...DISC, size: 2 * radius, edge: 0.5 },
      propagation: { ...STILL, parallel: distance, antialiasing: 3 },
    }),
    m,
  );
  for (let x = 0; x < 30; x++) {
    const u = 2 * Math.PI * radius * x * PIXEL / (LAM * distance);
    const airy = x === 0 ? 1 : (2 * bessel1(u) / u) ** 2;
    const expected = airy * (Math.PI * F) ** 2;
    // Fraunhofer is off by the curvature over the disc, pi F / 2 = 0.16 rad at its rim: a percent of the peak.
    assert.ok(Math.abs(far[x]! - expected) < 0.02 * (Math.PI * F) ** 2, `${x}: ${far[x]}, expected ${expected}`);
  }
});

Deno.test("near and far field agree where both are sampled, and spread a Gaussian beam as they should", () => {
  const n = 128;
  const waist = 6 * PIXEL;
  // At this distance the far field's pixel is the near field's.
  const distance = n * PIXEL ** 2 / LAM;
  const wave = Float64Array.from({ length: 2 * n * n }, (_, i) => {
    const pixel = Math.floor(i / 2);
    const square = ((Math.floor(pixel / n) - n / 2) ** 2 + (pixel % n - n / 2) ** 2) * PIXEL ** 2;
    return i % 2 === 0 ? Math.exp(-square / waist ** 2) : 0;
  });
  const common = { energy: ENERGY, distance, shape: n, resolution: PIXEL } as const;
  const near = createPropagator(createGeometry({ ...common, propagation: "nearfield" })).forward(wave);
  const far = createPropagator(createGeometry({ ...common, propagation: "farfield" })).forward(wave);
  let [re, im, a, b] = [0, 0, 0, 0];
  for (let i = 0; i < far.length; i += 2) {
    re += near[i]! * far[i]! + near[i + 1]! * far[i + 1]!;
    im += near[i]! * far[i + 1]! - near[i + 1]! * far[i]!;
    a += near[i]! ** 2 + near[i + 1]! ** 2;
    b += far[i]! ** 2 + far[i + 1]! ** 2;
  }
  // The same wave but for Fresnel's constant factor -i; the beam is 1e-7 where the frame ends.
  assert.ok(Math.abs(a / b - 1) < 1e-9 && Math.abs(Math.hypot(re, im) / a - 1) < 1e-6, `${re} ${im} of ${a}`);
  assert.ok(Math.abs(Math.atan2(im, re) - Math.PI / 2) < 1e-3, `phase ${Math.atan2(im, re)}`);
  const spread = waist * Math.sqrt(1 + (LAM * distance / (Math.PI * waist ** 2)) ** 2);
  for (const found of [near, far]) {
    const width = crossing(rightOf(found, n), rightOf(found, n)[0]! * Math.exp(-2)) * PIXEL;
    assert.ok(Math.abs(width / spread - 1) < 5e-3, `${width} of ${spread}`);
  }
});

Deno.test("antialiasing brings the focus nearer to Airy's amplitude: rings that leave the frame do not come back", () => {
  const [n, focussed] = [32, 0.05];
  const size = LAM * focussed / (3 * PIXEL);
  const errors = [1, 2, 4].map((antialiasing) => {
    const wave = probe(n, {
      aperture: { ...DISC, size, edge: 0.3 },
      propagation: { ...STILL, focussed, antialiasing },
    });
    const peak = Math.sqrt(rightOf(wave, n)[0]!);
    const amplitude = rightOf(wave, n).map((v) => Math.sqrt(v) / peak);
    return Math.max(...amplitude.map((v, x) => {
      const u = Math.PI * size * x * PIXEL / (LAM * focussed);
      return x === 0 ? 0 : Math.abs(v - Math.abs(2 * bessel1(u) / u));
    }));
  });
  assert.ok(errors[1]! < 0.6 * errors[0]! && errors[2]! < 0.6 * errors[1]! && errors[2]! < 0.004, String(errors));
});

Deno.test("antialiasing leaves what is smooth already: an array without aperture, a soft aperture, a diffuser's strength", () => {
  const n = 32;
  const model = {
    dtype: "float64",
    shape: [n, n],
    data: Float64Array.from({ length: n * n }, (_, i) => Math.sin(i * i)),
  } as const;
  const plane = {
    layers: 1,
    shape: [n, n] as const,
    psize: [PIXEL, PIXEL] as const,
    energy: ENERGY,
    model,
    random: createRandom(1),
    where: "illumination",
  };
  const whole = initialProbe({ photons: null, propagation: { ...STILL, antialiasing: 2.5 } }, plane);
  assert.ok(whole.every((v, i) => Math.abs(v - (i % 2 === 0 ? model.data[i / 2]! : 0)) < 1e-12));
  const soft = { ...DISC, size: 12 * PIXEL, edge: 8 };
  const focussed = 0.05;
  const wide = { ...soft, size: 12 * LAM * focussed / (n * PIXEL) };
  for (
    const [aperture, propagation] of [[soft, STILL], [soft, { ...STILL, parallel: 2e-4 }], [wide, {
      ...STILL,
      focussed,
    }]] as const
  ) {
    const [plain, fine] = [1, 3].map((antialiasing) =>
      probe(n, { aperture, propagation: { ...propagation, antialiasing } })
    );
    // An edge of 8 pixels has 1e-3 of its amplitude beyond the highest frequency, and at the border of its focus.
    const scale = propagation.focussed
      ? Math.hypot(plain![2 * 16 * 33]!, plain![2 * 16 * 33 + 1]!) /
        Math.hypot(fine![2 * 16 * 33]!, fine![2 * 16 * 33 + 1]!)
      : 1;
    const peak = Math.max(...plain!.map(Math.abs));
    assert.ok(plain!.every((v, i) => Math.abs(v - scale * fine![i]!) < 5e-3 * peak));
  }
  const rms = (antialiasing: number) => {
    const t = probe(128, {
      aperture: { ...DISC, form: null, diffuser: [0.4, 5] },
      propagation: { ...STILL, antialiasing },
    });
    let sum = 0;
    for (let i = 0; i < t.length; i += 2) sum += Math.atan2(t[i + 1]!, t[i]!) ** 2;
    return Math.sqrt(sum / 16384);
  };
  // About 300 independent patches in each: 4 % for each rms.
  assert.ok(Math.abs(rms(2) / rms(1) - 1) < 0.15);
});
