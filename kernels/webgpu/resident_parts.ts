/** What residents on a GPU are made of, whether or not their frames all stay there. */

import type { Resident, ResidentBlock } from "../device.ts";
import { ShapeError } from "../errors.ts";
import { checkBlock } from "../frame_records.ts";
import { needOf } from "../memory_plan.ts";
import type { Buffer } from "../pass.ts";
import { ADDRESS, type Block, type Data, type LoadedState } from "../reconstruction.ts";
import { type ArraySink, putArray } from "../state_arrays.ts";
import { type Calls, createCalls } from "./calls.ts";
import { createFrameWindow } from "./frame_window.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import { type BlockCut, type GpuBytes, readBytesOf, workBytesOf } from "./gpu_memory.ts";
import { createPasses, type Passes } from "./passes.ts";
import { planPropagation } from "./propagation.ts";
import { saveArraysInto, type Source } from "./read_back.ts";
import { createRecorder } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";
import { createStore, type LoadedBlock, type Store } from "./store.ts";

/** A GPU and how much of it to use. */
export interface GpuSettings {
  readonly gpu: Gpu;
  readonly bytes: GpuBytes;
  /** How the blocks of the data are cut. */
  readonly cuts: readonly BlockCut[];
}

/** What a resident is made of. */
export interface ResidentParts extends Source {
  readonly arrays: GpuArrays;
  readonly store: Store;
  readonly calls: Calls;
  readonly passes: Passes;
  /** Whether frames of a block pass through. */
  readonly streams: boolean;
  /** What does not depend on that. */
  readonly common: Pick<
    Resident,
    "data" | "blocks" | "probe" | "object" | "positions" | "alloc" | "has" | "keepAddress"
  >;
}

/**
 * Makes arrays for data and state and fills them.
 * @throws {ShapeError} if data and state do not fit together @throws {DeviceError} if an array does not fit a binding
 */
export function createResidentParts(
  { gpu, bytes, cuts, arrays }: GpuSettings & { readonly arrays: GpuArrays },
  { data, state }: { readonly data: Data; readonly state: LoadedState },
): ResidentParts {
  for (const name of ["probe", "object", "positions"]) {
    if (!(name in state.arrays)) throw new ShapeError(`Cannot load the state: found no array "${name}", expected one`);
  }
  const { programs } = gpu;
  const recorder = createRecorder(gpu);
  const blocks = loadBlocks(data, cuts);
  const streams = blocks.some(({ window }) => window !== null);
  const release = (array: GpuArray) => {
    // What is recorded may still need it.
    recorder.submit();
    recorder.forget(array);
    passes.forget();
    arrays.free(array);
  };
  const store = createStore({ data, blocks, arrays, rest: new Map(Object.entries(state.arrays)), release });
  const workBytes = Math.min(workBytesOf(needOf(data)), bytes.bindingBytes);
  const calls = createCalls({ store, arrays, programs, recorder, workBytes });
  const residentBlocks = data.blocks.map((block, index) => loadBlock(store, block, index));
  const passes: Passes = createPasses({
    data,
    store,
    arrays,
    programs,
    recorder,
    calls,
    blocks: blocks.map((loaded, index) => ({
      loaded,
      propagation: planPropagation({ arrays, programs, recorder }, loaded.block),
      address: residentBlocks[index]!.address,
    })),
    storageBuffers: gpu.limits.storageBuffers,
    shareLists: bytes.memoryBytes !== null,
    streams,
  });
  const common = {
    data,
    blocks: residentBlocks,
    probe: store.alloc("probe", { element: "complex", ...flat(data.probes) }),
    object: store.alloc("object", { element: "complex", ...flat(data.objects) }),
    positions: store.alloc("positions", {
      element: "wide",
      count: 2,
      extent: "frames",
      shape: [data.blocks.reduce((sum, b) => sum + b.frames, 0), 2],
    }),
    alloc: store.alloc,
    has: (name: string) => store.rest.has(name),
    keepAddress: ({ address, block }: ResidentBlock) =>
      store.keep(address, [block.frames * block.modes, ADDRESS.columns]),
  };
  return { gpu, recorder, readBytes: readBytesOf(bytes.memoryBytes), arrays, store, calls, passes, common, streams };
}

/** Forgets a temporary buffer once what is recorded has used it. */
export function freeBuffer({ recorder, store, passes }: ResidentParts, buffer: Buffer): void {
  recorder.submit();
  const { segments, window } = store.get(buffer);
  for (const segment of [...segments, ...(window === null ? [] : [window.array])]) recorder.forget(segment);
  passes.forget(buffer);
  store.free(buffer);
}

/** Arrays of the state as they are now: all, or those whose names are wanted. */
export async function saveArrays(
  parts: ResidentParts,
  sink: ArraySink,
  { isWanted = () => true }: { readonly isWanted: ((name: string) => boolean) | undefined },
): Promise<void> {
  const { store } = parts;
  for (const [name, array] of store.rest) if (isWanted(name)) putArray(sink, name, array);
  const wanted = [...store.kept].filter(([buffer]) => isWanted(buffer.layout.name))
    .map(([buffer, shape]) => ({ stored: store.get(buffer), shape }));
  await saveArraysInto(parts, sink, wanted);
}

function loadBlocks({ blocks }: Data, cuts: readonly BlockCut[]): LoadedBlock[] {
  let firstFrame = 0;
  let firstPod = 0;
  return blocks.map((block, i) => {
    checkBlock(block);
    const cut = cuts[i]!;
    const window = cut.resident < block.frames ? createFrameWindow(cut.framesPerChunk) : null;
    const loaded = { block, firstFrame, firstPod, ...cut, window };
    firstFrame += block.frames;
    firstPod += block.frames * block.modes;
    return loaded;
  });
}

function loadBlock(store: Store, block: Block, index: number): ResidentBlock {
  const name = `address/${block.ID}`;
  const image = { count: block.rows * block.cols, extent: "block", perMode: false, block: index } as const;
  const table = { element: "int", count: ADDRESS.columns, extent: "block", perMode: true, block: index } as const;
  const moved = store.rest.has(name);
  return {
    index,
    block,
    diffraction: store.putMeasured({ name: "diffraction", element: "real", ...image }, block.measured),
    mask: store.putMeasured({ name: "mask", element: "byte", ...image }, block.measured),
    // Only refined positions make the address table part of the state.
    address: moved
      ? store.alloc(name, { ...table, shape: [block.frames * block.modes, ADDRESS.columns] })
      : store.put({ name, ...table }, block.address),
  };
}

function flat(
  storages: readonly { readonly layers: number; readonly rows: number; readonly cols: number }[],
): { count: number; shape: readonly number[] } {
  const count = storages.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
  return { count, shape: [count] };
}
