/** Every engine against an independent numpy program, from a small recorded fixture: runs also where ../shared is absent. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { ENGINES } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { createRandom } from "../../core/random.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { fixtureNames, readFixture } from "./engine_fixture.ts";

/** Sums in another order, another Fourier transform. */
const TOLERANCE = 1e-10;

Deno.test("the fixture covers every engine that reconstructs", () => {
  const covered = new Set(fixtureNames().map((name) => readFixture(name).p.name));
  assertEquals([...covered].sort(), ENGINES.map((e) => e.name).filter((name) => name !== "Dummy").sort());
});

for (const name of fixtureNames()) {
  Deno.test(`fixture ${name}: probe, object and local errors agree to ${TOLERANCE}`, async () => {
    const { p, data, state, expected, iterations } = readFixture(name);
    const session = await openEngine({ p, device: createReferenceDevice(), data, state, random: createRandom(1) });
    const { localErrors } = await session.iterate(iterations);
    const { arrays } = await session.save();
    session.close();
    assertClose(arrays["probe"]!.data as Float64Array, expected.probe);
    assertClose(arrays["object"]!.data as Float64Array, expected.object);
    assertClose(localErrors, expected.errors);
  });
}

/** All elements within TOLERANCE of the largest expected one. */
function assertClose(found: Float64Array, expected: Float64Array): void {
  assertEquals(found.length, expected.length);
  const scale = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const worst = found.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i]!)), 0);
  assert(worst < TOLERANCE * scale, `difference ${worst}, largest value ${scale}`);
}
