/** The generator against numpy's numbers. */

import assert from "node:assert/strict";
import { createRandom, restoreRandom } from "./random.ts";

// Expected numbers: numpy 1.24, np.random.seed(7) and the function of the same name unless said otherwise.

function draw<T>(count: number, one: () => T): T[] {
  return Array.from({ length: count }, one);
}

Deno.test("uniform() draws numpy's rand", () => {
  const random = createRandom(7);
  assert.deepEqual(draw(3, () => random.uniform()), [0.07630828937395717, 0.7799187922401146, 0.4384092314408935]);
});

Deno.test("uniform() draws numpy's rand after the state was refilled many times (seed 0, draw 2000)", () => {
  const random = createRandom(0);
  assert.equal(draw(2000, () => random.uniform()).at(-1), 0.5017731306999452);
});

Deno.test("createRandom() takes the largest seed and refuses others", () => {
  const random = createRandom(4294967295);
  assert.deepEqual(draw(2, () => random.uniform()), [0.0976320289940138, 0.9123828453026218]);
  for (const seed of [-1, 0.5, 4294967296, NaN]) assert.throws(() => createRandom(seed), RangeError);
});

Deno.test("normal() draws numpy's normal with mean 2 and deviation 3, an odd number of times", () => {
  const random = createRandom(7);
  const expected = [7.071577111401068, 0.6021878883775016, 2.098460491035753, 3.2225488489895238, -0.3667690858772157];
  for (const [i, x] of draw(5, () => random.normal(2, 3)).entries()) {
    assert.ok(Math.abs(x - expected[i]!) < 1e-14, `draw ${i}: ${x}`);
  }
});

Deno.test("poisson() draws numpy's poisson at mean 3.3 (product), 10.5 and 1e6 (rejection)", () => {
  const small = createRandom(7);
  assert.deepEqual(draw(12, () => small.poisson(3.3)), [2, 4, 4, 1, 4, 5, 4, 3, 4, 4, 4, 4]);
  const middle = createRandom(7);
  assert.deepEqual(draw(12, () => middle.poisson(10.5)), [5, 10, 10, 8, 12, 9, 7, 16, 8, 16, 11, 12]);
  const large = createRandom(7);
  assert.deepEqual(draw(6, () => large.poisson(1e6)), [998230, 999826, 1000003, 999306, 1000524, 999659]);
});

Deno.test("poisson() follows numpy over 20000 means from 0.1 to 1e7 (seed 11)", () => {
  const random = createRandom(11);
  const means = draw(20000, () => 10 ** random.uniform(-1, 7));
  const checksum = means.reduce((sum, mean, i) => sum ^ (random.poisson(mean) * ((i % 7) + 1)), 0);
  assert.equal(checksum, 32248895);
  assert.equal(random.uniform(), 0.9728514034079037);
});

Deno.test("poisson() of mean 0 is 0 and of a negative mean refused", () => {
  assert.equal(createRandom(7).poisson(0), 0);
  assert.throws(() => createRandom(7).poisson(-1), RangeError);
});

Deno.test("permutation() draws numpy's permutation", () => {
  assert.deepEqual([...createRandom(7).permutation(11)], [8, 5, 0, 2, 1, 10, 7, 3, 6, 9, 4]);
});

Deno.test("restoreRandom() continues from a state that went through JSON, between the normals of a pair", () => {
  const random = createRandom(7);
  random.normal();
  const copy = restoreRandom(JSON.parse(JSON.stringify(random.state())));
  const [a, b] = [random, copy].map((r) => [r.uniform(-1, 4), r.normal(), r.poisson(25), r.normal()]);
  assert.deepEqual(b, a);
  assert.ok(Math.abs(a![0]! - 3.889947559983013) < 1e-14);
  assert.equal(a![2], 25);
});

Deno.test("restoreRandom() refuses what is no state", () => {
  assert.throws(() => restoreRandom({ kind: "PCG64", key: [], position: 0, spare: [] }), RangeError);
});
