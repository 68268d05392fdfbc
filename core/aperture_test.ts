/** Areas, middles, edges and errors of apertures. */

import assert from "node:assert/strict";
import { aperture, type ApertureOptions } from "./aperture.ts";
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

Deno.test("an opening without area is a ParameterError that names size", () => {
  assert.throws(
    () => aperture({ ...DISC, size: 0 }, PLANE),
    (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.illumination.aperture.size",
  );
});
