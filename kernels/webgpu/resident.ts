/** Data and state on a GPU, and the work that is recorded on them. */

import { checkBlock } from "../frame_records.ts";
import type { Resident, ResidentBlock } from "../device.ts";
import { DeviceError, ShapeError } from "../errors.ts";
import type { NdArray } from "../nd_array.ts";
import type { Buffer, Pass } from "../pass.ts";
import { ADDRESS, type Block, type Data, type State } from "../reconstruction.ts";
import { type Calls, createCalls, movesViews } from "./calls.ts";
import { createGpuArrays } from "./gpu_array.ts";
import { createLoops, type LoopCondition } from "./loops.ts";
import { type GpuPropagation, planPropagation } from "./propagation.ts";
import { readArrays, readNumbers } from "./read_back.ts";
import { fuseCalls, type Step } from "./fusion.ts";
import { createRecorder, type PreparedStage } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";
import { createStore, type LoadedBlock } from "./store.ts";
import { createViewLists, recordViewLists, type ViewLists } from "./view_lists.ts";

/** A GPU and how much of it to use. */
export interface GpuSettings {
  readonly gpu: Gpu;
  readonly bindingBytes: number;
  readonly scratchBytes: number;
}

/** Views of a block: lists per chunk, made when a pass first gathers and again after views moved. */
interface BlockWork {
  readonly loaded: LoadedBlock;
  readonly propagation: GpuPropagation;
  readonly address: Buffer<"int">;
  lists: readonly ViewLists[] | null;
  stale: boolean;
  /** Dispatches of passes that visit one by one. */
  readonly prepared: PreparedPass[];
}

/** Loads data and state. @throws {ShapeError} if they do not fit together @throws {DeviceError} if a frame does not fit a binding */
export function createGpuResident(settings: GpuSettings, { data, state }: { data: Data; state: State }): Resident {
  const { gpu } = settings;
  const { programs } = gpu;
  for (const name of ["probe", "object", "positions"]) {
    if (!(name in state.arrays)) throw new ShapeError(`Cannot load the state: found no array "${name}", expected one`);
  }
  const arrays = createGpuArrays(gpu, settings.bindingBytes);
  const recorder = createRecorder(gpu);
  const blocks = cutBlocks(data, settings);
  const store = createStore({ data, blocks, arrays, rest: new Map(Object.entries(state.arrays)) });
  const calls = createCalls({ store, arrays, programs, recorder });
  const loops = createLoops({ programs, arrays, recorder });
  const residentBlocks = data.blocks.map((block, index) => loadBlock(store, block, index));
  const work: BlockWork[] = blocks.map((loaded, index) => ({
    loaded,
    propagation: planPropagation({ arrays, programs, recorder }, loaded.block),
    address: residentBlocks[index]!.address,
    lists: null,
    stale: true,
    prepared: [],
  }));
  let condition: LoopCondition | null = null;
  let pause = 0;

  function refreshLists(block: BlockWork): readonly ViewLists[] {
    const { loaded: { block: source, chunks }, address } = block;
    block.lists ??= chunks.map(({ frames }) => createViewLists(arrays, { data, block: source, frames }));
    if (block.stale) {
      const segments = store.get(address).segments;
      for (const { index } of chunks) {
        const options = { recorder, programs, address: segments[index]!, block: source, condition };
        recordViewLists(block.lists[index]!, options);
      }
      block.stale = false;
    }
    return block.lists;
  }

  function runPass(pass: Pass): void {
    const block = work[pass.block]!;
    const gathers = pass.calls.some(({ kernel }) =>
      Object.values(kernel.bindings).some((role) => role.endsWith(":add"))
    );
    const single = pass.each === "pod";
    const steps = fuseCalls(pass.calls, {
      modes: single ? 1 : block.loaded.block.modes,
      storageBuffers: gpu.limits.storageBuffers,
      addressAt: block.propagation.addressAt,
      readsOnce: block.propagation.readsOnce,
    });
    if (pass.sequential || pass.order !== undefined || single) {
      runOneByOne(pass, { steps, block, calls, condition });
    } else {
      const lists = gathers ? refreshLists(block) : null;
      for (const chunk of block.loaded.chunks) {
        const items = { loaded: block.loaded, chunk, frame: 0, count: chunk.frames, mode: null };
        const surroundings = { propagation: block.propagation, lists: lists?.[chunk.index] ?? null };
        for (const step of steps) calls.record(calls.prepareFrames(step, items, surroundings), condition);
      }
    }
    if (pass.calls.some((call) => movesViews(call, block.address))) block.stale = true;
  }

  return {
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
    free(buffer) {
      // What is recorded may still need it.
      recorder.submit();
      for (const segment of store.get(buffer).segments) recorder.forget(segment);
      for (const { prepared } of work) {
        const stays = prepared.filter(({ pass }) => !pass.calls.some((c) => Object.values(c.buffers).includes(buffer)));
        prepared.splice(0, prepared.length, ...stays);
      }
      store.free(buffer);
    },
    has: (name) => store.rest.has(name),
    keepAddress: ({ address, block }) => store.keep(address, [block.frames * block.modes, ADDRESS.columns]),
    write(buffer, values) {
      recorder.submit();
      arrays.upload(store.get(buffer).segments[0]!, Float32Array.from(values));
    },
    run: (item) => "calls" in item ? runPass(item) : calls.recordWhole(item, condition),
    loop({ max, until }, body) {
      // Lists that are made within a round are not made where the round is left out.
      for (const block of work) refreshLists(block);
      const outer = condition;
      const inner = loops.condition(store.get(until).segments[0]!, outer);
      for (let round = 0; round < max; round++) {
        loops.decide(inner);
        condition = inner;
        body();
        condition = outer;
      }
    },
    pause: (seconds) => void (pause += seconds),
    async flush(read) {
      const wait = 1000 * pause;
      pause = 0;
      const numbers = await readNumbers({ gpu, recorder }, read.map((buffer) => store.get(buffer).segments[0]!));
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      return numbers;
    },
    async save(isWanted = () => true) {
      const names = ([name]: readonly [string, unknown]) => isWanted(name);
      const saved: Record<string, NdArray> = Object.fromEntries([...store.rest].filter(names));
      const wanted = [...store.kept].filter(([buffer]) => isWanted(buffer.layout.name))
        .map(([buffer, shape]) => ({ stored: store.get(buffer), shape }));
      const read = await readArrays({ gpu, recorder }, wanted);
      for (const [i, { stored }] of wanted.entries()) saved[stored.layout.name] = read[i]!;
      return saved;
    },
    [Symbol.dispose]() {
      recorder.dispose();
      arrays.dispose();
    },
  };
}

/** Visits frames or pods one after the other; each sees what the ones before it changed. */
function runOneByOne(
  pass: Pass,
  { steps, block: { loaded, propagation, prepared }, calls, condition }: {
    readonly steps: readonly Step[];
    readonly block: BlockWork;
    readonly calls: Calls;
    readonly condition: LoopCondition | null;
  },
): void {
  const { block, chunks, framesPerChunk } = loaded;
  const perFrame = pass.each === "pod" ? block.modes : 1;
  const count = pass.order?.length ?? block.frames * perFrame;
  // Sweeps come again and again with the same calls: what was prepared for an item is kept.
  const known = preparedItems(prepared, pass);
  for (let i = 0; i < count; i++) {
    const item = pass.order?.[i] ?? i;
    const frame = Math.floor(item / perFrame);
    const chunk = chunks[Math.floor(frame / framesPerChunk)]!;
    const mode = pass.each === "pod" ? item % perFrame : null;
    const items = { loaded, chunk, frame: frame - chunk.first, count: 1, mode };
    let stages = known.get(item);
    if (stages === undefined) {
      stages = steps.flatMap((step) => calls.prepareFrames(step, items, { propagation, lists: null }));
      known.set(item, stages);
    }
    calls.record(stages, condition);
  }
}

/** A pass that was visited one by one, and its dispatches by item. */
interface PreparedPass {
  readonly pass: Pass;
  readonly items: Map<number, readonly PreparedStage[]>;
}

/** Passes of one block that are remembered. */
const MOST_PREPARED = 4;

function preparedItems(prepared: PreparedPass[], pass: Pass): PreparedPass["items"] {
  const found = prepared.find((known) => known.pass.each === pass.each && sameCalls(known.pass, pass));
  if (found !== undefined) return found.items;
  if (prepared.length >= MOST_PREPARED) prepared.shift();
  const items = new Map<number, readonly PreparedStage[]>();
  prepared.push({ pass, items });
  return items;
}

function sameCalls(a: Pass, b: Pass): boolean {
  const same = (x: Readonly<Record<string, unknown>>, y: Readonly<Record<string, unknown>>) =>
    Object.keys(x).length === Object.keys(y).length && Object.keys(x).every((key) => x[key] === y[key]);
  return a.calls.length === b.calls.length && a.calls.every((call, i) => {
    const other = b.calls[i]!;
    return call.kernel === other.kernel && same(call.buffers, other.buffers) && same(call.params, other.params);
  });
}

/** Cuts the frames of every block so that the waves of a chunk fit. */
function cutBlocks({ blocks }: Data, { bindingBytes, scratchBytes }: GpuSettings): LoadedBlock[] {
  let firstFrame = 0;
  let firstPod = 0;
  return blocks.map((block) => {
    const bytes = 8 * block.modes * block.rows * block.cols;
    if (bytes > bindingBytes) {
      throw new DeviceError(
        `Cannot load block ${block.ID} on the GPU: found ${bytes} bytes per frame, expected at most ${bindingBytes}; crop the ` +
          "frames, use fewer modes or another device",
        { bytes, limit: bindingBytes },
      );
    }
    const framesPerChunk = Math.min(
      block.frames,
      Math.max(1, Math.floor(Math.min(bindingBytes, scratchBytes) / bytes)),
    );
    const chunks = Array.from({ length: Math.ceil(block.frames / framesPerChunk) }, (_, index) => ({
      index,
      first: index * framesPerChunk,
      frames: Math.min(framesPerChunk, block.frames - index * framesPerChunk),
    }));
    const loaded = { block, firstFrame, firstPod, chunks, framesPerChunk };
    firstFrame += block.frames;
    firstPod += block.frames * block.modes;
    return loaded;
  });
}

function loadBlock(store: ReturnType<typeof createStore>, block: Block, index: number): ResidentBlock {
  const name = `address/${block.ID}`;
  checkBlock(block);
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
