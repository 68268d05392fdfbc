/** padForRefinement(): objects grow around their views and everything keeps pointing at the same pixels. */

import { assertEquals } from "@std/assert/equals.js";
import { assert } from "@std/assert/assert.js";
import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import type { RealArray } from "../../kernels/nd_array.ts";
import { ADDRESS, type Block, type State } from "../../kernels/reconstruction.ts";
import { dmParams } from "../parameters/engine/dm.ts";
import { mlParams } from "../parameters/engine/ml.ts";
import { createRandom } from "../random.ts";
import { padForRefinement, padObjects } from "./pad_objects.ts";
import { syntheticData } from "./synthetic_data.ts";

Deno.test("padForRefinement() returns its argument for an engine that does not refine positions", () => {
  const prepared = syntheticData({ precision: "single", random: createRandom(1) });
  assert(padForRefinement(prepared, dmParams.parse({ name: "DM" })) === prepared);
});

Deno.test("padForRefinement() leaves floor(max_shift / pixel) pixels on every side of the views, counting what is there", () => {
  const prepared = syntheticData({ precision: "single", random: createRandom(1) });
  const p = mlParams.parse({ name: "ML", position_refinement: { start: 0, max_shift: 7e-6 } });
  const { data } = padForRefinement(prepared, p);
  // The made-up data has 4 pixels around the views of each object, 5 on the right of the second: 3 and 2 more.
  assertEquals(
    data.objects.map((o) => [o.rows, o.cols]),
    prepared.data.objects.map((o, i) => [o.rows + 6, o.cols + (i === 1 ? 5 : 6)]),
  );
  assertEquals(data.objects.map((o) => o.origin[0]), [-3e-6, -3e-6, -3e-6]);
});

Deno.test("padObjects() keeps every model wave and fills with 0", () => {
  const prepared = syntheticData({ precision: "double", random: createRandom(1) });
  const padded = padObjects(prepared, 9);
  for (const [i, block] of prepared.data.blocks.entries()) {
    assertEquals(model(padded.data.blocks[i]!, padded.state), model(block, prepared.state));
  }
  const sum = (state: State) => (state.arrays["object"]!.data as Float64Array).reduce((s, v) => s + Math.abs(v), 0);
  assertEquals(Math.abs(sum(padded.state) - sum(prepared.state)) < 1e-9, true);
  assertEquals(padObjects(padded, 9), padded);
});

/** Probe times object of a block's last frame. */
function model({ rows, cols, modes, frames, address }: Block, { arrays }: State): Float64Array {
  const wave = new Float64Array(2 * modes * rows * cols);
  const last = address.subarray((frames - 1) * modes * ADDRESS.columns);
  const probe = arrays["probe"]!.data as RealArray;
  const object = arrays["object"]!.data as RealArray;
  makeModel.cpu({ wave, probe, object, address: last }, {}, { rows, cols, modes, propagators: [] });
  return wave;
}
