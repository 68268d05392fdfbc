/** Data and state in the memory of the WASM device, and the work on them. */

import type { AllocOptions, Resident, ResidentBlock } from "../device.ts";
import { ShapeError } from "../errors.ts";
import { bufferHandle, checkBlock, loadBlocks } from "../frame_records.ts";
import type { Element } from "../kernel.ts";
import type { MemoryPlan } from "../memory_plan.ts";
import type { Buffer, Pass, WholeCall } from "../pass.ts";
import { ADDRESS, type Block, type Data, type LoadedState, type StorageSpec } from "../reconstruction.ts";
import type { Scratch } from "../scratch.ts";
import { type ArraySink, collectArrays, type LoadedArray, putArray, sourceOf } from "../state_arrays.ts";
import { createPause } from "../turn.ts";
import { createDeviceArrays, type DeviceArrays } from "./device_arrays.ts";
import { type DeviceBlock, openDeviceBlock } from "./device_blocks.ts";
import type { DeviceFrames } from "./device_frames.ts";
import { runOnPlanes } from "./device_kernels.ts";
import { LIKELIHOOD_FORMS } from "./device_likelihood.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { PROJECTION_FORMS, signatureOf } from "./device_passes.ts";
import { objectPlanes, type Planes, probePlanes } from "./device_planes.ts";
import type { Programs } from "./device_programs.ts";
import type { Threads } from "./device_threads.ts";
import { runPassTwins, runWholeTwin } from "./device_twins.ts";
import { VISIT_FORMS } from "./device_visit.ts";
import { openPlaneForms, type PlaneForms } from "./plane_forms.ts";

const FORMS = { ...PROJECTION_FORMS, ...VISIT_FORMS, ...LIKELIHOOD_FORMS };

/** What the residents of a device share while there are any: its memory, its threads and their programs. */
export interface Workshop {
  readonly memory: DeviceMemory;
  readonly threads: Threads;
  readonly programs: Programs;
}

interface Store {
  readonly data: Data;
  readonly arrays: DeviceArrays;
  readonly blocks: readonly DeviceBlock[];
  readonly workshop: Workshop;
  readonly probes: Planes;
  readonly objects: Planes;
  readonly planeForms: PlaneForms;
  /** Arrays of the loaded state that no buffer has taken over; saved as they came. */
  readonly rest: Map<string, LoadedArray>;
  /** Buffers that are part of the state, with their shapes. */
  readonly kept: Map<Buffer, readonly number[]>;
  /** Seconds that the engine asked to wait. */
  pause: number;
  readonly wait: (seconds: number) => Promise<void>;
}

/**
 * Puts data and state into a workshop's memory, frames after a plan. `close` is called once it is disposed of.
 * @throws {ShapeError} if an array of the state does not fit the data @throws {DeviceError} if the memory is short
 */
export function createResident(data: Data, state: LoadedState, { workshop, plan, openScratch, close }: {
  readonly workshop: Workshop;
  readonly plan: MemoryPlan;
  readonly openScratch: () => Scratch;
  readonly close: () => void;
}): Resident {
  data.blocks.forEach(checkBlock);
  for (const name of ["probe", "object", "positions"]) {
    if (!(name in state.arrays)) throw new ShapeError(`Cannot load the state: found no array "${name}", expected one`);
  }
  const { precision } = data;
  const { memory } = workshop;
  const arrays = createDeviceArrays(memory, data);
  const [probes, objects] = [probePlanes(data.probes, precision), objectPlanes(data.objects, precision)];
  const store: Store = {
    data,
    arrays,
    blocks: loadBlocks(data).map((loaded, index) =>
      openDeviceBlock(memory, loaded, { index, precision, plan: plan.blocks[index]!, openScratch })
    ),
    workshop,
    probes,
    objects,
    planeForms: openPlaneForms(memory, { arrays, probes, objects }),
    rest: new Map(Object.entries(state.arrays)),
    kept: new Map(),
    pause: 0,
    wait: createPause(),
  };
  try {
    // Before an engine takes its waves, what reading leaves behind can be collected.
    for (const { kind, frames } of store.blocks) if (kind !== null) frames.measured();
    return openResident(store, close);
  } catch (e) {
    clearStore(store);
    throw e;
  }
}

function clearStore({ planeForms, arrays, blocks }: Store): void {
  planeForms[Symbol.dispose]();
  arrays.clear();
  blocks.forEach((block) => block.clear());
}

function openResident(store: Store, close: () => void): Resident {
  const { data } = store;
  const frames = data.blocks.reduce((sum, b) => sum + b.frames, 0);
  const storageArray = (name: "probe" | "object", storages: readonly StorageSpec[], planes: Planes) => {
    const count = storages.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
    return alloc(store, name, { element: "complex", count, shape: [count], planes });
  };
  let isOpen = true;
  return {
    data,
    blocks: data.blocks.map((block, index) => residentBlock(store, block, index)),
    probe: storageArray("probe", data.probes, store.probes),
    object: storageArray("object", data.objects, store.objects),
    positions: alloc(store, "positions", { element: "wide", count: 2, extent: "frames", shape: [frames, 2] }),
    alloc: (name, options) => alloc(store, name, options),
    free(buffer) {
      store.arrays.remove(buffer);
      for (const block of store.blocks) block.frames.remove(buffer);
    },
    keepAddress: ({ address, block }) => void store.kept.set(address, [block.frames * block.modes, ADDRESS.columns]),
    has: (name) => store.rest.has(name),
    write: (buffer, values) => (store.arrays.flat(buffer, "update") as Float64Array).set(values),
    run: (work) => "calls" in work ? runPass(store, work) : runWhole(store, work),
    loop({ max, until }, body) {
      for (let round = 0; round < max && store.arrays.flat(until, "read")[0] === 0; round++) body();
    },
    pause: (seconds) => void (store.pause += seconds),
    async flush(read) {
      const seconds = store.pause;
      store.pause = 0;
      // Also without a pause this lets the host see signals and draw its progress between blocks.
      await store.wait(seconds);
      return read.map((buffer) => (store.arrays.flat(buffer, "read") as Float64Array).slice());
    },
    save: (isWanted) => collectArrays((sink) => saveArrays(store, { sink, isWanted })),
    saveInto: (sink, isWanted) => new Promise((resolve) => resolve(saveArrays(store, { sink, isWanted }))),
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      clearStore(store);
      close();
    },
  };
}

function residentBlock(store: Store, block: Block, index: number): ResidentBlock {
  const name = `address/${block.ID}`;
  const table = { element: "int", count: ADDRESS.columns, extent: "block", perMode: true, block: index } as const;
  // Only refined positions make the address table part of the state.
  const moved = store.rest.has(name) ? { shape: [block.frames * block.modes, ADDRESS.columns] } : {};
  const address = alloc(store, name, { ...table, ...moved });
  if (!("shape" in moved)) (store.arrays.flat(address, "update") as Int32Array).set(block.address);
  return { index, block, ...store.blocks[index]!.handles, address };
}

function alloc<E extends Element>(
  store: Store,
  name: string,
  options: AllocOptions<E> & { readonly planes?: Planes | undefined },
): Buffer<E> {
  const { inPlaceOf, ...layout } = options;
  const buffer = bufferHandle({ name, ...layout });
  const { shape, planes } = options;
  const loaded = shape === undefined ? undefined : store.rest.get(name);
  const from = loaded === undefined ? undefined : sourceOf(loaded);
  const frames = framesOf(store, options);
  if (inPlaceOf !== undefined) store.arrays.share(buffer, inPlaceOf);
  else if (frames === null) store.arrays.add(buffer, { from, planes });
  else frames.add(buffer, from);
  if (shape !== undefined) {
    store.rest.delete(name);
    store.kept.set(buffer, shape);
  }
  return buffer;
}

/** Where waves that are kept for all frames of a block are; null for all other arrays. */
function framesOf(
  { blocks }: Store,
  { element, extent, perMode = false, count, block = 0 }: AllocOptions<Element>,
): DeviceFrames | null {
  const { loaded, frames } = blocks[block]!;
  const isWave = element === "complex" && extent === "block" && perMode;
  return isWave && count === loaded.block.rows * loaded.block.cols ? frames : null;
}

function runWhole({ arrays, blocks, planeForms }: Store, call: WholeCall): void {
  if (planeForms.run(call) || runOnPlanes(arrays, call)) return;
  runWholeTwin({ arrays, blocks }, call);
}

function runPass({ arrays, probes, objects, blocks, workshop }: Store, pass: Pass): void {
  const block = blocks[pass.block]!;
  const { memory, programs } = workshop;
  const form = block.kind === null ? undefined : FORMS[signatureOf(pass)];
  if (form?.({ memory, arrays, programs, block, probes, objects }, pass)) return;
  runPassTwins(arrays, pass, block);
}

interface Saving {
  readonly sink: ArraySink;
  readonly isWanted: ((name: string) => boolean) | undefined;
}

function saveArrays({ rest, kept, blocks, arrays }: Store, { sink, isWanted = () => true }: Saving): void {
  for (const [name, array] of rest) if (isWanted(name)) putArray(sink, name, array);
  for (const [buffer, shape] of kept) {
    if (!isWanted(buffer.layout.name)) continue;
    const frames = blocks.map((block) => block.frames).find((frames) => frames.has(buffer));
    (frames ?? arrays).save(buffer, { sink, shape });
  }
}
