/** Streams are reproducible, distinct and do not look alike. */

import assert from "node:assert/strict";
import { createRandom } from "./random.ts";
import { randomStreams } from "./random_streams.ts";

function draws(seed: number, index: number, count: number): number[] {
  const stream = randomStreams(createRandom(seed))(index);
  return Array.from({ length: count }, () => stream.uniform());
}

Deno.test("randomStreams() gives the same numbers for the same seed and index, in whatever order they are asked for", () => {
  const streams = randomStreams(createRandom(5));
  const later = streams(7).uniform();
  streams(3).uniform();
  assert.equal(streams(7).uniform(), later);
  assert.deepEqual(draws(5, 7, 1), [later]);
  assert.notDeepEqual(draws(6, 7, 1), [later]);
});

Deno.test("randomStreams() takes one number from its generator, so that what follows does not depend on how many streams there are", () => {
  const [a, b] = [createRandom(1), createRandom(1)];
  randomStreams(a)(12);
  b.uniform();
  assert.equal(a.uniform(), b.uniform());
});

Deno.test("neighbouring streams are not correlated", () => {
  const count = 2000;
  const [a, b] = [draws(1, 0, count), draws(1, 1, count)];
  const mean = a.reduce((sum, x, i) => sum + (x - 0.5) * (b[i]! - 0.5), 0) / count;
  // The mean of products of independent uniforms has a standard deviation of 1 / (12 sqrt(n)); four of them are allowed.
  assert.ok(Math.abs(mean) < 4 / (12 * Math.sqrt(count)), String(mean));
});
