/** The reference device: records, passes over frames and pods, loops, saving and refusing what does not fit. */

import { heldFrames } from "./measured.ts";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { assertThrows } from "@std/assert/throws.js";
import { DeviceError, ShapeError } from "./errors.ts";
import { defineFrameKernel, defineKernel } from "./kernel.ts";
import { frameCall, framePass, wholeCall } from "./pass.ts";
import { createReferenceDevice } from "./reference_device.ts";
import type { Block, Data, State } from "./reconstruction.ts";

/** Writes 100 * mode count + the first measured value of the frame, and appends the mask's first value. */
const mark = defineFrameKernel({
  name: "mark",
  bindings: {
    rows: "frame:wide:update",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    log: "whole:wide:add",
  },
  params: { weight: "real" },
  cpu({ rows, diffraction, mask, log }, { weight }, { modes }) {
    rows[0] = weight * (100 * modes + diffraction[0]!);
    rows[1] = mask[0]!;
    log[0] = log[0]! * 10 + diffraction[0]!;
  },
});

const increment = defineKernel({
  name: "increment",
  bindings: { counter: "whole:wide:update", flag: "whole:wide:write" },
  params: { limit: "int" },
  cpu({ counter, flag }, { limit }) {
    counter[0]! += 1;
    flag[0] = counter[0]! >= limit ? 1 : 0;
  },
});

Deno.test("a pass sees each frame's records, also where blocks follow each other and masks are shared", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  const rows = resident.alloc("rows", { element: "wide", count: 2, extent: "frames" });
  const log = resident.alloc("log", { element: "wide", count: 1 });
  for (const { index, diffraction, mask } of resident.blocks) {
    const calls = [frameCall(mark, { rows, diffraction, mask, log }, { weight: 2 })];
    resident.run(framePass("mark", { block: index, calls }));
  }
  const [found, order] = await resident.flush([rows, log]);
  // Block 0: two frames, one mode, one mask (1); block 1: three frames, two modes, masks 1, 0, 1.
  assertEquals(Array.from(found!), [202, 1, 204, 1, 402, 1, 406, 0, 410, 1]);
  assertEquals(order![0], 12135);
});

Deno.test("a pass over pods sees one mode at a time, in the given order", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  const rows = resident.alloc("rows", { element: "wide", count: 2, extent: "frames", perMode: true });
  const log = resident.alloc("log", { element: "wide", count: 1 });
  const { diffraction, mask } = resident.blocks[1]!;
  const calls = [frameCall(mark, { rows, diffraction, mask, log }, { weight: 1 })];
  resident.run({ name: "pods", block: 1, calls, each: "pod", order: Int32Array.of(4, 1, 2), sequential: true });
  const [found, order] = await resident.flush([rows, log]);
  // Rows of block 0's two pods come first; pods 1, 2 and 4 belong to frames 0, 1 and 2.
  assertEquals(Array.from(found!), [0, 0, 0, 0, 0, 0, 101, 1, 103, 0, 0, 0, 105, 1, 0, 0]);
  assertEquals(order![0], 513);
});

Deno.test("loop() ends at its limit or when the flag is set, and does not begin where it is set already", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  const flag = resident.alloc("flag", { element: "wide", count: 1 });
  const counters = [3, 99, 1].map((limit) => {
    const counter = resident.alloc("counter", { element: "wide", count: 1 });
    resident.write(flag, Float64Array.of(0));
    resident.loop({ max: 5, until: flag }, () => resident.run(wholeCall(increment, { counter, flag }, { limit })));
    return counter;
  });
  const never = resident.alloc("counter", { element: "wide", count: 1 });
  resident.loop(
    { max: 5, until: flag },
    () => resident.run(wholeCall(increment, { counter: never, flag }, { limit: 9 })),
  );
  const found = await resident.flush([...counters, never]);
  assertEquals(found.map((c) => c[0]), [3, 5, 1, 0]);
});

Deno.test("save() returns copies of the state's arrays, also of those that nobody asked for", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  const mine = resident.alloc("mine", { element: "complex", count: 2, shape: [2] });
  resident.alloc("temporary", { element: "wide", count: 2 });
  const saved = await resident.save();
  assertEquals(Object.keys(saved).sort(), ["mine", "object", "other", "positions", "probe"]);
  assertEquals(saved["probe"], { dtype: "complex64", shape: [4], data: new Float32Array(8).fill(1) });
  assertEquals(saved["mine"], { dtype: "complex64", shape: [2], data: new Float32Array(4) });
  assertEquals(mine.layout.count, 2);
  saved["probe"]!.data[0] = 7;
  assertEquals((await resident.save())["probe"]!.data[0], 1);
  assertEquals(Object.keys(await resident.save((name) => name === "mine" || name === "other")).sort(), [
    "mine",
    "other",
  ]);
});

Deno.test("alloc() with a shape continues the state's array and refuses one of another size", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  assertEquals([resident.has("other"), resident.has("nothing")], [true, false]);
  assertThrows(() => resident.alloc("other", { element: "wide", count: 3, shape: [3] }), ShapeError, 'array "other"');
  const other = resident.alloc("other", { element: "wide", count: 2, shape: [2] });
  assertEquals(resident.has("other"), false);
  assertEquals(Array.from((await resident.flush([other]))[0]!), [5, 6]);
});

Deno.test("a freed buffer cannot be used, and a buffer larger than memory is refused by name", async () => {
  const { data, state } = makeStart();
  using resident = await createReferenceDevice().load(data, state);
  const buffer = resident.alloc("small", { element: "wide", count: 1 });
  resident.free(buffer);
  await assertRejects(() => resident.flush([buffer]), DeviceError, '"small"');
  assertThrows(() => resident.alloc("huge", { element: "wide", count: 2 ** 50 }), DeviceError, '"huge"');
});

Deno.test("load() refuses a state without probe and data that do not fit together", async () => {
  const { data, state } = makeStart();
  const { probe: _, ...rest } = state.arrays;
  const device = createReferenceDevice();
  await assertRejects(() => device.load(data, { ...state, arrays: rest }), ShapeError, '"probe"');
  const blocks = [{ ...data.blocks[0]!, frames: 3 }];
  await assertRejects(
    () => device.load({ ...data, blocks }, state),
    ShapeError,
    "found 2 measured frames of 2 pixels, expected 3 of 2",
  );
});

Deno.test("defineKernel() refuses more than 8 bindings", () => {
  const names = Array.from({ length: 9 }, (_, i) => [`b${i}`, "whole:wide:read"] as const);
  assertThrows(
    () => defineKernel({ name: "wide", bindings: Object.fromEntries(names), params: {}, cpu() {} }),
    RangeError,
    "9 bindings",
  );
});

function makeStart(): { data: Data; state: State } {
  const common = { label: "scan", rows: 1, cols: 2 };
  const propagators = [{ kind: "nearfield", kernel: Float64Array.of(1, 0, 1, 0) }] as const;
  const blocks: Block[] = [
    {
      ...common,
      ID: "S0000",
      frames: 2,
      modes: 1,
      propagators,
      measured: heldFrames({ points: 2, diffraction: Float32Array.of(1, 0, 2, 0), mask: Uint8Array.of(1, 1) }),
      address: new Int32Array(2 * 7),
    },
    {
      ...common,
      ID: "S0001",
      frames: 3,
      modes: 2,
      propagators,
      measured: heldFrames({
        points: 2,
        diffraction: Float32Array.of(1, 0, 3, 0, 5, 0),
        mask: Uint8Array.of(1, 0, 0, 0, 1, 0),
      }),
      address: new Int32Array(6 * 7),
    },
  ];
  const storage = { ID: "S", start: 0, layers: 1, psize: [1, 1], origin: [0, 0] } as const;
  const ones = (count: number) =>
    ({ dtype: "complex64", shape: [count], data: new Float32Array(2 * count).fill(1) }) as const;
  return {
    data: {
      precision: "single",
      blocks,
      probes: [{ ...storage, rows: 2, cols: 2 }],
      objects: [{ ...storage, rows: 3, cols: 1 }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: {},
      scalars: {},
      arrays: {
        probe: ones(4),
        object: ones(3),
        positions: { dtype: "float64", shape: [5, 2], data: new Float64Array(10) },
        other: { dtype: "float64", shape: [2], data: Float64Array.of(5, 6) },
      },
    },
  };
}
