/** Engines on the WASM device at awkward frame sizes and numbers of frames, against the reference; and no twin where a form exists. */

import { heldFrames } from "../../kernels/measured.ts";
import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import type { Device } from "../../kernels/device.ts";
import { makeChange } from "../../kernels/gradient_descent/make_change.ts";
import { objectUpdate } from "../../kernels/object_probe_update/object_update.ts";
import { probeUpdate } from "../../kernels/object_probe_update/probe_update.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { ADDRESS, type Data, type State } from "../../kernels/reconstruction.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { createRandom, restoreRandom } from "../random.ts";
import { ENGINE_CASES } from "./engine_cases.ts";
import { openEngine } from "./run_engine.ts";

/** Double: other orders of the same sums. */
const TOLERANCE = 1e-10;

const SHAPES = [
  { rows: 1, cols: 1, modes: 1, frames: 3 },
  { rows: 1, cols: 13, modes: 2, frames: 2 },
  { rows: 7, cols: 5, modes: 1, frames: 1 },
  { rows: 17, cols: 6, modes: 3, frames: 5 },
];
const TITLES = ["DM", "DM_simple", "ML", "ML with everything", "ePIE"];

for (const shape of SHAPES) {
  for (const title of TITLES) {
    Deno.test(`${title} on wasm agrees with the reference at ${Object.values(shape).join(" x ")}`, async () => {
      const expected = await run(title, { shape, device: createReferenceDevice() });
      const found = await run(title, { shape, device: createWasmDevice({ threads: 2 }) });
      for (const name of Object.keys(expected)) {
        const [a, b] = [found[name]!, expected[name]!];
        // All inputs are of order one: beside that, what is left of a fit that is exact is rounding.
        const largest = b.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
        b.forEach((v, i) => {
          const off = Math.abs(a[i]! - v) / largest;
          assert(off <= TOLERANCE, `${name}[${i}]: found ${a[i]}, expected ${v} (off by ${off} of the largest)`);
        });
      }
    });
  }
}

Deno.test("DM, ML and ePIE on wasm leave no frame to the twins", async () => {
  const twins = [makeModel, makeChange, objectUpdate, probeUpdate] as { cpu: unknown; name: string }[];
  const kept = twins.map(({ cpu }) => cpu);
  const used: string[] = [];
  for (const twin of twins) twin.cpu = () => used.push(twin.name);
  try {
    for (const title of TITLES) await run(title, { shape: SHAPES[3]!, device: createWasmDevice({ threads: 1 }) });
  } finally {
    twins.forEach((twin, i) => twin.cpu = kept[i]);
  }
  assertEquals(used, []);
});

type Shape = (typeof SHAPES)[number];

async function run(
  title: string,
  { shape, device }: { shape: Shape; device: Device },
): Promise<Record<string, Float64Array>> {
  const { data, state } = makeData(shape);
  const p = ENGINE_CASES[title]!;
  const session = await openEngine({ p, device, data, state, random: restoreRandom(state.random) });
  try {
    const { localErrors } = await session.iterate(3);
    const { arrays } = await session.save();
    const numbers = Object.entries(arrays).map(([name, array]) => [name, array.data as Float64Array]);
    return { ...Object.fromEntries(numbers), localErrors };
  } finally {
    session.close();
  }
}

/** One block of frames of random photons, with a mask each, over an object of two layers of which the second is not looked at. */
function makeData({ rows, cols, modes, frames }: Shape): { data: Data; state: State } {
  const random = createRandom(5);
  const points = rows * cols;
  const [height, width] = [rows + 4, cols + 5];
  const numbers = (count: number, low: number, high: number) =>
    Float64Array.from({ length: count }, () => random.uniform(low, high));
  const phases = numbers(points, -1, 1);
  const pre = Float64Array.from(
    { length: 2 * points },
    (_, i) => i % 2 === 0 ? Math.cos(phases[i >> 1]!) : Math.sin(phases[i >> 1]!),
  );
  const views = Array.from({ length: frames }, (_, frame) => [frame % 5, (2 * frame) % 6] as const);
  const address = views.flatMap(([oy, ox]) =>
    Array.from({ length: modes }, (_, m) => [m * points, 0, width, oy, ox, 0, 0]).flat()
  );
  const layout = { ID: "StestG00", start: 0, psize: [1e-6, 1e-6], origin: [0, 0] } as const;
  const complex = (data: Float64Array) => ({ dtype: "complex128", shape: [data.length / 2], data } as const);
  const block = {
    ID: "S0000",
    label: "test",
    frames,
    modes,
    rows,
    cols,
    measured: heldFrames({
      points,
      diffraction: numbers(frames * points, 1, 9).map(Math.round),
      mask: Uint8Array.from({ length: frames * points }, () => random.uniform(0, 1) > 0.1 ? 1 : 0),
    }),
    propagators: [{ kind: "farfield", pre, post: pre }],
    address: Int32Array.from(address),
  } as const;
  assertEquals(address.length, frames * modes * ADDRESS.columns);
  return {
    data: {
      precision: "double",
      blocks: [block],
      probes: [{ ...layout, layers: modes, rows, cols }],
      objects: [{ ...layout, layers: 2, rows: height, cols: width }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: random.state(),
      scalars: {},
      arrays: {
        probe: complex(numbers(2 * modes * points, 0.2, 2)),
        object: complex(numbers(2 * 2 * height * width, 0.2, 1)),
        positions: { dtype: "float64", shape: [frames, 2], data: new Float64Array(2 * frames) },
      },
    },
  };
}
