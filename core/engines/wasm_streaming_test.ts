/** Data larger than the WASM device's memory: frames pass through it, and not a byte of any result changes. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import type { Device, DeviceLimits } from "../../kernels/device.ts";
import { DeviceError } from "../../kernels/errors.ts";
import { type FramePlan, type MemoryPlan, needOf, planMemory } from "../../kernels/memory_plan.ts";
import type { Precision } from "../../kernels/nd_array.ts";
import type { Data, State } from "../../kernels/reconstruction.ts";
import type { Scratch } from "../../kernels/scratch.ts";
import { spyScratch, watchMemories } from "../../kernels/testing.ts";
import { twinData } from "../../kernels/twins.ts";
import { createDeviceMemory } from "../../kernels/wasm/device_memory.ts";
import { createPrograms } from "../../kernels/wasm/device_programs.ts";
import { createResident } from "../../kernels/wasm/device_resident.ts";
import { startThreads } from "../../kernels/wasm/device_threads.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { DivergedError } from "../errors.ts";
import { dmParams } from "../parameters/engine/dm.ts";
import {
  bytesOf,
  type CaseRun,
  ENGINE_CASES,
  ITERATIONS,
  makeStart,
  openCase,
  runInBlocks,
  runInSessions,
} from "./engine_cases.ts";
import { createRandom } from "../random.ts";
import { findEngine, type SupportedParams } from "./mod.ts";

/** The memory grows by so many bytes, or is a multiple of them. */
const PAGE_BYTES = 65536;

/** The blocks of the made-up data have 4, 3 and 2 frames. */
const PLANS: readonly { readonly plan: FramePlan; readonly threads: number }[] = [
  { plan: { resident: 0, window: 1 }, threads: 1 },
  { plan: { resident: 1, window: 1 }, threads: 2 },
  { plan: { resident: 0, window: 3 }, threads: 1 },
  { plan: { resident: 1, window: 2 }, threads: 2 },
  { plan: { resident: 2, window: 1 }, threads: 2 },
];

for (const precision of ["single", "double"] as const) {
  for (const [title, p] of Object.entries(ENGINE_CASES)) {
    Deno.test(`${title} in ${precision}: the same bytes, however few frames stay and pass`, async () => {
      const whole = await runInBlocks({ p, precision, device: createWasmDevice({ threads: 1 }) }, [ITERATIONS]);
      for (const { plan, threads } of PLANS) {
        const spy = spyScratch();
        const device = plannedDevice({ plan, threads, openScratch: spy.open });
        assertSame(await runInBlocks({ p, precision, device }, [ITERATIONS]), whole);
        assertEquals(spy.areOpen().includes(true), false, "scratch is left open");
        const keepsWaves = findEngine(p.name).waves > 0;
        assertEquals(spy.areOpen().length > 0, keepsWaves, "waves must have gone to scratch");
      }
    });

    Deno.test(`${title} in ${precision}: saved under one limit, continued under another, the same bytes`, async () => {
      const whole = await runInBlocks({ p, precision, device: createWasmDevice({ threads: 1 }) }, [ITERATIONS]);
      const least = createWasmDevice({ threads: 2, memoryBytes: memoryFor({ p, precision, threads: 2, share: 0.5 }) });
      const more = createWasmDevice({ threads: 1, memoryBytes: memoryFor({ p, precision, threads: 1, share: 0.8 }) });
      const devices = [least, createWasmDevice({ threads: 2 }), more];
      assertSame(await runInSessions({ p, precision, device: inTurn(devices) }, [1, ITERATIONS - 2, 1]), whole);
    });
  }
}

Deno.test("a wasm device asks for so much memory that it can run, and refuses less than a frame of each block", async () => {
  const p = ENGINE_CASES["DM"]!;
  const { data, state } = makeStart("single");
  const share = (value: number) => memoryFor({ p, precision: "single", threads: 1, share: value });
  // The block of two frames gets its part of the room: half of that is one frame.
  const least = share(0.5);
  const session = await openCase({ p, device: createWasmDevice({ threads: 1, memoryBytes: least }), data, state });
  await session.iterate(1);
  session.close();
  const device = createWasmDevice({ threads: 1, memoryBytes: least - 100 });
  const refused = await assertRejects(
    () => openCase({ p, device, data, state }),
    DeviceError,
    "Cannot plan the memory",
  );
  assertEquals(refused.fields, { memoryBytes: least - 100, least });
});

Deno.test("two sessions on one device have the memory together", async () => {
  const p = ENGINE_CASES["DM_simple"]!;
  const { data, state } = makeStart("double");
  const whole = memoryFor({ p, precision: "double", threads: 1, share: 1 });
  const device = createWasmDevice({ threads: 1, memoryBytes: whole + 100_000 });
  const first = await openCase({ p, device, data, state });
  await assertRejects(() => openCase({ p, device, data, state }), DeviceError, "found 1 MB for the device");
  await first.iterate(1);
  first.close();
  const second = await openCase({ p, device, data, state });
  await second.iterate(1);
  second.close();
});

for (const shape of [{ frames: 40, modes: 1, rows: 64, cols: 64 }, { frames: 8, modes: 3, rows: 100, cols: 128 }]) {
  for (const title of ["DM with everything", "ML with everything", "ML poisson", "ePIE"]) {
    Deno.test(`${title} takes no more than the memory plan says at ${Object.values(shape).join(" x ")}`, async () => {
      const p = ENGINE_CASES[title]!;
      const { data, state } = largeData(shape);
      const need = { ...needOf(data), waves: findEngine(p.name).waves };
      const free = planMemory(need, withoutMemory(createWasmDevice({ threads: 2 }).limits));
      const device = exactDevice(need, free.deviceBytes - 0.4 * free.frameBytes);
      // What the device cannot hold it throws as a DeviceError.
      const session = await openCase({ p, device, data, state });
      // What the numbers are does not matter here.
      await session.iterate(2).catch((e) => assert(e instanceof DivergedError, String(e)));
      session.close();
    });
  }
}

/** A device of two threads whose memory is what the plan says and not a page more, for less than `memoryBytes`. */
function exactDevice(need: Parameters<typeof planMemory>[0], memoryBytes: number): Device {
  const device = createWasmDevice({ threads: 2, memoryBytes });
  const { deviceBytes } = planMemory(need, device.limits);
  return deviceBytes > memoryBytes - PAGE_BYTES ? device : exactDevice(need, deviceBytes);
}

const LARGE = { frames: 400, modes: 1, rows: 256, cols: 256 };
/** Frames that are held, their counts and two waves, are 472 MB. */
const LARGE_BYTES = 200e6;

Deno.test(`400 frames of 256 x 256 in ${LARGE_BYTES / 1e6} MB: DM keeps within them and gives the same bytes`, async () => {
  const { data, state } = largeData(LARGE);
  const whole = await runLarge({ data, state, memoryBytes: 2 ** 32 });
  const found = await runLarge({ data, state, memoryBytes: LARGE_BYTES });
  assert(found.memory.buffer.byteLength <= LARGE_BYTES);
  assertEquals(found.errors, whole.errors);
  for (const name of ["probe", "object"]) assert(sameBytes(found.arrays[name]!, whole.arrays[name]!), name);
});

function largeData(shape: typeof LARGE): { data: Data; state: State } {
  const { data, state } = twinData(shape);
  return { data, state: { ...state, random: createRandom(1).state() } };
}

/** Two iterations of DM, the memory that they ran in and what came out, without exit waves. */
async function runLarge({ data, state, memoryBytes }: { data: Data; state: State; memoryBytes: number }) {
  const p = dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 });
  const memories = watchMemories();
  const session = await openCase({ p, device: createWasmDevice({ threads: 2, memoryBytes }), data, state });
  try {
    const { errors } = await session.iterate(2);
    const { arrays } = await session.finish({ exitWaves: false });
    return { errors, arrays, memory: memories.end()[0]! };
  } finally {
    session.close();
  }
}

function sameBytes({ data: a }: { data: ArrayBufferView }, { data: b }: { data: ArrayBufferView }): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return x!.length === y!.length && x!.every((v, i) => v === y![i]);
}

function withoutMemory({ memoryBytes: _, ...limits }: DeviceLimits): DeviceLimits {
  return limits;
}

/** Bytes for a share of the frames of the made-up data, all the rest included. */
function memoryFor({ p, precision, threads, share }: {
  p: SupportedParams;
  precision: Precision;
  threads: number;
  share: number;
}): number {
  const need = { ...needOf(makeStart(precision).data), waves: findEngine(p.name).waves };
  const { deviceBytes, frameBytes } = planMemory(need, withoutMemory(createWasmDevice({ threads }).limits));
  return deviceBytes - frameBytes + Math.ceil(share * frameBytes);
}

/** A device that places the frames of every block as it is told. */
function plannedDevice({ plan, threads, openScratch }: {
  readonly plan: FramePlan;
  readonly threads: number;
  readonly openScratch: () => Scratch;
}): Device {
  return {
    name: "wasm",
    limits: { maxBufferBytes: Infinity, maxBindings: 8 },
    mayBeLost: false,
    async load(data, state) {
      const memory = createDeviceMemory({ shared: threads > 1 });
      const started = await startThreads(memory.memory, threads);
      const workshop = { memory, threads: started, programs: createPrograms(memory, started, new Map()) };
      const blocks = data.blocks.map(() => plan);
      const all: MemoryPlan = { frameBytes: 0, arrayBytes: 0, deviceBytes: 0, blocks, isWhole: false };
      return createResident(data, state, { workshop, plan: all, openScratch, close: () => started[Symbol.dispose]() });
    },
  };
}

/** Loads on one device after the other. */
function inTurn(devices: readonly Device[]): Device {
  let turn = 0;
  const next = () => devices[turn++ % devices.length]!;
  return { ...devices[0]!, load: (data, state, options) => next().load(data, state, options) };
}

function assertSame(found: CaseRun, expected: CaseRun): void {
  const text = ({ arrays, ...rest }: CaseRun) => ({
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, bytesOf(array)])),
    ...rest,
  });
  assertEquals(text(found), text(expected));
}
