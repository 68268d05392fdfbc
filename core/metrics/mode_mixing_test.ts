/** Incoherent modes: orthogonal without a change of the mixed state, turned back after any unitary mixing. */

import assert from "node:assert/strict";
import type { ComplexPlane } from "./complex_plane.ts";
import { mixOnto, orthogonalModes } from "./mode_mixing.ts";

const ROWS = 9, COLS = 11;

function mode(seed: number): ComplexPlane {
  const data = Float64Array.from({ length: 2 * ROWS * COLS }, (_, i) => Math.sin(seed * (i + 1) ** 1.3) / seed);
  return { rows: ROWS, cols: COLS, data };
}

function inner(a: ComplexPlane, b: ComplexPlane): [number, number] {
  let re = 0, im = 0;
  for (let i = 0; i < a.data.length; i += 2) {
    re += a.data[i]! * b.data[i]! + a.data[i + 1]! * b.data[i + 1]!;
    im += a.data[i]! * b.data[i + 1]! - a.data[i + 1]! * b.data[i]!;
  }
  return [re, im];
}

/** `sum over modes of mode(i) conj(mode(j))` at two pixels: what all frames depend on. */
function mutual(modes: readonly ComplexPlane[], i: number, j: number): [number, number] {
  return modes.reduce<[number, number]>(([re, im], { data }) => {
    const [ar, ai, br, bi] = [data[2 * i]!, data[2 * i + 1]!, data[2 * j]!, data[2 * j + 1]!];
    return [re + ar * br + ai * bi, im + ai * br - ar * bi];
  }, [0, 0]);
}

/** Turns modes 0 and 1 by an angle with a phase, and mode 2 by a phase: unitary. */
function mixed([p, q, r]: readonly ComplexPlane[]): ComplexPlane[] {
  const c = 0.6,
    s = 0.8,
    turn = (x: ComplexPlane, f: readonly [number, number]) =>
      x.data.map((v, i) => i % 2 ? f[0] * v + f[1] * x.data[i - 1]! : f[0] * v - f[1] * x.data[i + 1]!);
  const add = (a: Float64Array, b: Float64Array) => a.map((v, i) => v + b[i]!);
  return [
    { ...p!, data: add(turn(p!, [c, 0]), turn(q!, [0, s])) },
    { ...p!, data: add(turn(p!, [0, s]), turn(q!, [c, 0])) },
    { ...p!, data: turn(r!, [-0.28, 0.96]) },
  ];
}

const MODES = [mode(1), mode(1.7), mode(2.9)];

Deno.test("orthogonalModes() are orthogonal, sorted by power and leave the mixed state as it is", () => {
  const out = orthogonalModes(MODES);
  const powers = out.map((m) => inner(m, m)[0]);
  assert.deepEqual(powers, powers.toSorted((a, b) => b - a));
  for (const [i, j] of [[0, 1], [0, 2], [1, 2]] as const) {
    assert.ok(Math.hypot(...inner(out[i]!, out[j]!)) < 1e-10 * powers[0]!);
  }
  for (const [i, j] of [[0, 0], [5, 17], [98, 3]] as const) {
    const before = mutual(MODES, i, j), after = mutual(out, i, j);
    assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-12);
  }
});

Deno.test("mixOnto() undoes a unitary mixing", () => {
  const back = mixOnto(MODES, mixed(MODES), new Uint8Array(ROWS * COLS).fill(1));
  back.forEach((m, k) => m.data.forEach((v, i) => assert.ok(Math.abs(v - MODES[k]!.data[i]!) < 1e-9)));
});

Deno.test("mixOnto() leaves a mode that is zero alone and still turns the others", () => {
  const zero = { ...MODES[2]!, data: new Float64Array(2 * ROWS * COLS) };
  const modes = [MODES[0]!, MODES[1]!, zero];
  const back = mixOnto(modes, mixed(modes), new Uint8Array(ROWS * COLS).fill(1));
  back.forEach((m, k) => m.data.forEach((v, i) => assert.ok(Math.abs(v - modes[k]!.data[i]!) < 1e-6)));
});
