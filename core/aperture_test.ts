/** Areas, middles, edges and errors of apertures. */

import assert from "node:assert/strict";
import { aperture, type ApertureOptions } from "./aperture.ts";
import { erf } from "./error_function.ts";
import { ParameterError } from "./errors.ts";
import { axisGrid } from "./propagators/grid.ts";
import { createRandom } from "./random.ts";

const DISC: ApertureOptions = {
  form: "circ",
  size: 16,
  offset: 0,
  rotate: 0,
  edge: 0.01,
  central_stop: null,
  diffuser: null,
};
const PLANE = {
  grid: [axisGrid(40, { origin: 19.5, pixel: 1 }), axisGrid(32, { origin: 15.5, pixel: 1 })] as const,
  psize: [1, 1] as const,
  random: createRandom(1),
  where: "scans.MF.illumination.aperture",
};

function area(p: Partial<ApertureOptions>): number {
  const t = aperture({ ...DISC, ...p }, PLANE);
  return t.reduce((sum, v, i) => sum + (i % 2 === 0 ? v : 0), 0);
}

/** Centre of the transmission (row, col) in pixels. */
function middle(p: Partial<ApertureOptions>): number[] {
  const t = aperture({ ...DISC, ...p }, PLANE);
  let [y, x] = [0, 0];
  for (let i = 0; i < t.length; i += 2) {
    y += t[i]! * Math.floor(i / 64);
    x += t[i]! * (i / 2 % 32);
  }
  return [y, x].map((v) => Math.round(v / area(p) * 1e6) / 1e6);
}

Deno.test("a disc has the area pi d^2 / 4, a rectangle v h, a stop takes its share", () => {
  assert.ok(Math.abs(area({ edge: 1 }) / (64 * Math.PI) - 1) < 0.02);
  assert.ok(Math.abs(area({ form: "rect", size: [12, 6] }) / 72 - 1) < 1e-9);
  assert.ok(Math.abs(area({ edge: 1, central_stop: 0.5 }) / (48 * Math.PI) - 1) < 0.02);
});

Deno.test("the default size is a third of the frame along each axis", () => {
  assert.ok(Math.abs(area({ form: "rect", size: null, edge: 2 }) / (40 / 3 * 32 / 3) - 1) < 1e-3);
});

Deno.test("the offset moves the middle by (vertical, horizontal) metres; the rotation turns the size", () => {
  assert.deepEqual(middle({ offset: [5, -3] }), [24.5, 12.5]);
  const turned = aperture({ ...DISC, form: "rect", size: [12, 6], rotate: Math.PI / 2 }, PLANE);
  const lying = aperture({ ...DISC, form: "rect", size: [6, 12] }, PLANE);
  assert.ok(turned.every((v, i) => Math.abs(v - lying[i]!) < 1e-9));
});

Deno.test("the edge rises from 8 % to 92 % or so over its width, symmetric about one half", () => {
  const t = aperture({ ...DISC, form: "rect", size: [20, 1e4], edge: 4 }, PLANE);
  const row = (y: number) => t[2 * (y * 32 + 16)]!;
  assert.ok(Math.abs(row(9) + row(10) - 1) < 1e-12);
  assert.ok(row(7) < 0.08 && row(12) > 0.92);
});

Deno.test("no form and no diffuser lets everything pass; a diffuser changes phases only", () => {
  assert.equal(area({ form: null }), 40 * 32);
  const t = aperture({ ...DISC, form: null, diffuser: [0.5, 3] }, PLANE);
  for (let i = 0; i < t.length; i += 2) assert.ok(Math.abs(Math.hypot(t[i]!, t[i + 1]!) - 1) < 1e-12);
  assert.ok(t.some((v, i) => i % 2 === 1 && Math.abs(v) > 0.05));
});

Deno.test("an edge is the error function of its distance, a disc's radius is where half passes", () => {
  const edge = 5;
  const slit = aperture({ ...DISC, form: "rect", size: [14, 1e4], edge }, PLANE);
  for (let y = 0; y < 40; y++) {
    const inside = 7 - Math.abs(y - 19.5);
    assert.ok(Math.abs(slit[2 * (y * 32 + 16)]! - (1 + erf(2.35 * inside / edge)) / 2) < 1e-12, `row ${y}`);
  }
  // Along the axis a disc of 16 x 12 is half open at 8 and 6 pixels; its edge is a width over the root of both sizes.
  const disc = aperture({ ...DISC, size: [16, 12], edge, offset: [0.5, 0.5] }, PLANE);
  const middle = (y: number, x: number) => disc[2 * ((20 + y) * 32 + 16 + x)]!;
  assert.ok([[8, 0], [-8, 0], [0, 6], [0, -6]].every(([y, x]) => Math.abs(middle(y!, x!) - 0.5) < 1e-12));
  assert.ok(Math.abs(middle(4, 0) - (1 + erf(2.35 * 0.25 * Math.sqrt(192) / edge)) / 2) < 1e-12);
});

Deno.test("a rotation by an angle turns the axes of the opening by it", () => {
  const angle = 0.5;
  const t = aperture({ ...DISC, form: "rect", size: [18, 6], edge: 1, rotate: angle }, PLANE);
  let [yy, xx, yx] = [0, 0, 0];
  for (let i = 0; i < t.length; i += 2) {
    const [y, x] = [Math.floor(i / 64) - 19.5, i / 2 % 32 - 15.5];
    yy += t[i]! * y * y;
    xx += t[i]! * x * x;
    yx += t[i]! * y * x;
  }
  // The long axis lies where the angle takes it, from the vertical towards negative columns or back; half a degree is the grid's.
  assert.ok(Math.abs(Math.abs(0.5 * Math.atan2(2 * yx, yy - xx)) - angle) < 0.01);
  assert.ok(Math.sign(yx) === -1);
});

Deno.test("a stop in a rectangle leaves the frame around it; a stop of everything lets only the soft edge pass", () => {
  assert.ok(Math.abs(area({ form: "rect", size: [20, 12], central_stop: 0.5 }) / 180 - 1) < 1e-9);
  assert.ok(area({ central_stop: 1, edge: 2 }) < 0.2 * area({ edge: 2 }));
});

Deno.test("a diffuser's phase has the rms of white noise that was smoothed: rms / (2 sqrt(pi) feature / 2.35)", () => {
  const big = axisGrid(128, { origin: 64, pixel: 1 });
  const t = aperture({ ...DISC, form: null, diffuser: [0.4, 6, 0.2, 6] }, { ...PLANE, grid: [big, big] });
  let [phase, modulus] = [0, 0];
  for (let i = 0; i < t.length; i += 2) {
    phase += Math.atan2(t[i + 1]!, t[i]!) ** 2;
    modulus += (Math.hypot(t[i]!, t[i + 1]!) - 1) ** 2;
  }
  const smoothed = 2 * Math.sqrt(Math.PI) * 6 / 2.35;
  // 128^2 pixels hold about 200 independent patches: a rms to 5 % or so.
  assert.ok(Math.abs(Math.sqrt(phase / 16384) * smoothed / 0.4 - 1) < 0.15);
  assert.ok(Math.abs(Math.sqrt(modulus / 16384) * smoothed / 0.2 - 1) < 0.15);
});

Deno.test("a closed opening is refused and the parameter that closes it named", () => {
  const cases = [["offset", { offset: [0, 60] }], ["edge", { edge: -1 }], ["size", { size: 0.1, edge: 0 }]] as const;
  for (const [name, change] of cases) {
    assert.throws(
      () => aperture({ ...DISC, ...change }, PLANE),
      (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === `scans.MF.illumination.aperture.${name}`,
    );
  }
});

Deno.test("an opening without area is a ParameterError that names size", () => {
  assert.throws(
    () => aperture({ ...DISC, size: 0 }, PLANE),
    (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.illumination.aperture.size",
  );
});
