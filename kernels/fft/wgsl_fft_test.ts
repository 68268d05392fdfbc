/** Generated transforms on the GPU against the reference transform, for many lengths and both axes. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { frameCall, framePass } from "../pass.ts";
import { propagateBackward, propagateForward } from "../propagation/propagate.ts";
import { assertTwins, gpuForTests, twinData, type TwinShape } from "../twins.ts";
import { planLineKernel, splitRadices } from "./wgsl_fft.ts";

const gpu = await gpuForTests();
const WORKGROUP_BYTES = 16384;

/** Powers of two, products of small primes, primes, and lengths that are none of these; neighbours are rows and columns of an image. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 31, 32, 45, 64, 65, 96, 97, 128, 143, 210, 256, 257, 192, 169];

for (const [i, rows] of LENGTHS.entries()) {
  const cols = LENGTHS[(i + 1) % LENGTHS.length]!;
  Deno.test({
    name: `transforms of ${rows} rows and ${cols} columns agree with the reference, there and back`,
    ignore: gpu === null,
    fn: () => checkPropagation({ frames: rows * cols < 1000 ? 3 : 1, modes: 2, rows, cols }),
  });
}

for (const [rows, cols] of [[512, 3], [3, 512], [1009, 2], [2, 1009], [2048, 1], [2, 4099], [4099, 2]] as const) {
  Deno.test({
    name: `long transforms of ${rows} rows and ${cols} columns agree with the reference`,
    ignore: gpu === null,
    fn: () => checkPropagation({ frames: 1, modes: 1, rows, cols }),
  });
}

Deno.test("lengths go by stages, by Bluestein's convolution or by the plain sum, whichever memory allows", () => {
  const method = (length: number) => {
    const size = { rows: length, cols: 4, axis: "y", inverse: false, factor: "none" } as const;
    return planLineKernel({ ...size, workgroupBytes: WORKGROUP_BYTES }).method;
  };
  assertEquals([256, 1001, 2048].map(method), ["stockham", "stockham", "stockham"]);
  assertEquals([17, 257, 1019].map(method), ["bluestein", "bluestein", "bluestein"]);
  assertEquals([1031, 4096, 5000].map(method), ["sum", "sum", "sum"]);
});

Deno.test("stages multiply to the length, and lengths with large prime factors have none", () => {
  assertEquals([splitRadices(128), splitRadices(256), splitRadices(1)], [[8, 4, 4], [8, 8, 4], []]);
  assertEquals([splitRadices(17), splitRadices(2 * 19)], [null, null]);
  for (let length = 1; length <= 2048; length++) {
    const radices = splitRadices(length);
    if (radices !== null) assertEquals(radices.reduce((a, b) => a * b, 1), length);
  }
});

Deno.test("no workgroup has more than 256 invocations or more memory than it may", () => {
  for (let length = 1; length <= 600; length++) {
    for (const axis of ["x", "y"] as const) {
      const { text } = planLineKernel({
        rows: length,
        cols: length,
        axis,
        inverse: true,
        factor: "none",
        workgroupBytes: WORKGROUP_BYTES,
      });
      const invocations = Number(/@workgroup_size\((\d+)\)/.exec(text)![1]);
      const memory = Number(/var<workgroup> memory: array<vec2f, (\d+)>/.exec(text)![1]);
      assert(invocations <= 256 && 8 * memory <= WORKGROUP_BYTES, `${length} ${axis}: ${invocations}, ${memory}`);
    }
  }
});

async function checkPropagation(shape: TwinShape): Promise<void> {
  const { data, state } = twinData(shape);
  const { frames, modes, rows, cols } = shape;
  const count = rows * cols;
  const waves = { ...state.arrays, forward: state.arrays["probe"]!, backward: state.arrays["probe"]! };
  const arrays = Object.fromEntries(
    Object.entries(waves).map(([name, array]) => [name, name.endsWith("ward") ? repeat(array.data, frames) : array]),
  );
  function repeat(values: ArrayLike<unknown>, times: number) {
    const wave = new Float32Array(times * values.length);
    for (let i = 0; i < times; i++) wave.set(values as ArrayLike<number>, i * values.length);
    return { dtype: "complex64", shape: [times * modes, rows, cols], data: wave } as const;
  }
  await assertTwins(gpu!, {
    data,
    state: { ...state, arrays },
    record(resident) {
      const { address } = resident.blocks[0]!;
      const layout = { element: "complex", count, extent: "block", perMode: true, block: 0 } as const;
      const wave = (name: string) => resident.alloc(name, { ...layout, shape: [frames * modes, rows, cols] });
      const buffers = (name: string) => ({ wave: wave(name) as never, address });
      return [framePass("there and back", {
        block: 0,
        calls: [
          frameCall(propagateForward, buffers("forward"), {}),
          frameCall(propagateBackward, buffers("backward"), {}),
        ],
      })];
    },
  }, { tolerance: "sum" });
}
