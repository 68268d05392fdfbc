/** Conjugate directions, steps and the smoothing prior. */

import { assertEquals } from "@std/assert/equals.js";
import { assertClose, ROUNDING, seededNumbers } from "../testing.ts";
import { CG, chooseStep, objectDirection, probeDirection, takeStep, turnDirection } from "./conjugate.ts";
import { del2Gradient, del2Line } from "./regularizer.ts";

const PLAIN = { scale_probe_object: 1, scale_precond: 0, first: 0 };

Deno.test("turnDirection() is Polak and Ribiere's factor divided by the last step", () => {
  // (|p|^2 - p.p0 + |o|^2 - o.o0) / (|p0|^2 + |o0|^2) = (4 - 2 + 25 - 5) / (1 + 50), last step 0.5
  const scalars = turn([3, 4], { old: [-5, 5], probe: [0, 2], oldProbe: [0, 1], step: 0.5 });
  assertClose([scalars[CG.turn]!], [22 / 51 / 0.5], ROUNDING);
});

Deno.test("turnDirection() is 0 where the factor would be negative, at the first iteration and without old gradients", () => {
  assertEquals(turn([3, 4], { old: [30, 40], probe: [0, 0], oldProbe: [0, 0], step: 1 })[CG.turn], 0);
  assertEquals(
    turn([3, 4], { old: [1, 1], probe: [0, 0], oldProbe: [0, 0], step: 1, params: { first: 1 } })[CG.turn],
    0,
  );
  assertEquals(turn([3, 4], { old: [0, 0], probe: [0, 0], oldProbe: [0, 0], step: 1 })[CG.turn], 0);
});

Deno.test("turnDirection() with scale_precond averages |o|^2 / |p|^2 geometrically, but not at the first iteration", () => {
  const params = { scale_precond: 1, scale_probe_object: 0.5 };
  const buffers = { old: [1, 1], probe: [0, 2], oldProbe: [0, 1], step: 1 };
  assertClose(
    [turn([3, 4], { ...buffers, scale: 8, params })[CG.scale]!],
    [8 ** 0.9 * (0.5 * 25 / 4) ** 0.1],
    ROUNDING,
  );
  assertClose(
    [turn([3, 4], { ...buffers, scale: 8, params: { ...params, first: 1 } })[CG.scale]!],
    [0.5 * 25 / 4],
    ROUNDING,
  );
  // A probe that stands still does not divide by zero.
  const still = { ...buffers, probe: [0, 0], params: { ...params, first: 1 } };
  assertClose([turn([3, 4], still)[CG.scale]!], [0.5], ROUNDING);
});

Deno.test("directions turn by the factor; the probe's gradient is kept times its scale", () => {
  const scalars = Float64Array.of(3, 0.5, 1);
  const object = Float64Array.of(2, 4);
  objectDirection.cpu({ direction: object, gradient: Float64Array.of(1, -1), scalars }, {});
  assertEquals(Array.from(object), [0, 3]);
  const [probe, oldGradient] = [Float64Array.of(2, 4), new Float64Array(2)];
  probeDirection.cpu({ direction: probe, oldGradient, gradient: Float64Array.of(1, -1), scalars }, {});
  assertEquals([Array.from(probe), Array.from(oldGradient)], [[-2, 5], [3, -3]]);
});

Deno.test("chooseStep() goes to the minimum of the parabola, and nowhere where there is none", () => {
  const scalars = new Float64Array(CG.count);
  chooseStep.cpu({ scalars, frameSums: Float64Array.of(-4, 1, -2, 3), regularizer: Float64Array.of(-2, 4) }, {});
  assertEquals(scalars[CG.step], 0.5);
  chooseStep.cpu({ scalars, frameSums: new Float64Array(4), regularizer: new Float64Array(2) }, {});
  assertEquals(scalars[CG.step], 0);
});

Deno.test("takeStep() moves along the direction and stores what it moved by", () => {
  const [array, direction] = [Float64Array.of(1, 1), Float64Array.of(4, -2)];
  takeStep.cpu({ array, direction, scalars: Float64Array.of(1, 0, 0.5) }, {});
  assertEquals([Array.from(array), Array.from(direction)], [[3, 0], [2, -1]]);
});

Deno.test("del2Line() has the exact Taylor coefficients of the prior, and del2Gradient() half its gradient", () => {
  const layer = { start: 3, rows: 4, cols: 5, amplitude: 0.3 };
  const [object, direction] = [seededNumbers(2 * 25, 1), seededNumbers(2 * 25, 2)];
  const [gradient, sums] = [new Float64Array(2 * 25), new Float64Array(2)];
  del2Gradient.cpu({ gradient, object }, layer);
  del2Line.cpu({ sums, object, direction }, layer);
  const at = (t: number) => prior(object.map((v, i) => v + t * direction[i]!), layer);
  assertClose(sums, [(at(1) - at(-1)) / 2, (at(1) + at(-1)) / 2 - at(0)], ROUNDING);
  assertClose([gradient.reduce((sum, v, i) => sum + 2 * v * direction[i]!, 0)], [sums[0]!], ROUNDING);
  assertEquals(Array.from(gradient.subarray(0, 6)), [0, 0, 0, 0, 0, 0]);
});

/** A times the squared differences to the next and to the previous neighbour, along both axes. */
function prior(object: Float64Array, { start, rows, cols, amplitude }: Record<string, number>): number {
  let sum = 0;
  for (let y = 0; y < rows!; y++) {
    for (let x = 0; x < cols!; x++) {
      for (const [dy, dx] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
        if (y + dy < 0 || y + dy >= rows! || x + dx < 0 || x + dx >= cols!) continue;
        const [a, b] = [2 * (start! + y * cols! + x), 2 * (start! + (y + dy) * cols! + x + dx)];
        sum += (object[b]! - object[a]!) ** 2 + (object[b + 1]! - object[a + 1]!) ** 2;
      }
    }
  }
  return amplitude! * sum;
}

interface Turn {
  readonly old: readonly number[];
  readonly probe: readonly number[];
  readonly oldProbe: readonly number[];
  readonly step: number;
  readonly scale?: number;
  readonly params?: Partial<typeof PLAIN>;
}

function turn(object: readonly number[], { old, probe, oldProbe, step, scale = 1, params = {} }: Turn): Float64Array {
  const scalars = Float64Array.of(scale, 9, step);
  turnDirection.cpu({
    scalars,
    objectGradient: Float64Array.from(object),
    oldObjectGradient: Float64Array.from(old),
    probeGradient: Float64Array.from(probe),
    oldProbeGradient: Float64Array.from(oldProbe),
  }, { ...PLAIN, ...params });
  return scalars;
}
