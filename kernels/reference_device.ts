/**
 * The reference device: plain TypeScript on one thread. Arrays have the run's precision, scratch and sums are double, and a pass runs
 * frame by frame, so that a frame stays in the cache. Work is done as it is recorded.
 */

import type { AllocOptions, Device, Resident, ResidentBlock } from "./device.ts";
import { DeviceError, ShapeError } from "./errors.ts";
import {
  bufferHandle,
  checkBlock,
  checkLength,
  checkSaved,
  dtypeOf,
  loadBlocks,
  type LoadedBlock,
  measuredHandles,
  newElementArray,
  recordRange,
  totalCount,
} from "./frame_records.ts";
import { type Bindings, type Element, MAX_BINDINGS } from "./kernel.ts";
import { allDiffraction, allMasks } from "./measured.ts";
import type { ElementArray } from "./nd_array.ts";
import type { Buffer, BufferLayout, FrameCall, Pass, WholeCall } from "./pass.ts";
import { ADDRESS, type Block, type Data, type LoadedState } from "./reconstruction.ts";
import { type ArraySink, collectArrays, type LoadedArray, putArray, readNumbers, sourceOf } from "./state_arrays.ts";
import { createPause } from "./turn.ts";

/** Largest typed array that V8 makes. */
const MAX_BUFFER_BYTES = 2 ** 33;

/** The reference device; every other device agrees with it. */
export function createReferenceDevice(): Device {
  return {
    name: "reference",
    limits: { maxBufferBytes: MAX_BUFFER_BYTES, maxBindings: MAX_BINDINGS },
    mayBeLost: false,
    load: (data, state) => new Promise((resolve) => resolve(createResident(data, state))),
  };
}

/** Where the arrays behind the buffers are. */
interface Store {
  readonly data: Data;
  readonly arrays: Map<Buffer, ElementArray>;
  readonly blocks: readonly LoadedBlock[];
  /** Arrays of the loaded state that no buffer has taken over; saved as they came. */
  readonly rest: Map<string, LoadedArray>;
  /** Buffers that are part of the state, with their shapes. */
  readonly kept: Map<Buffer, readonly number[]>;
  /** Seconds that the engine asked to wait. */
  pause: number;
  readonly wait: (seconds: number) => Promise<void>;
}

function createResident(data: Data, state: LoadedState): Resident {
  data.blocks.forEach(checkBlock);
  const store: Store = {
    data,
    arrays: new Map(),
    blocks: loadBlocks(data),
    rest: new Map(Object.entries(state.arrays)),
    kept: new Map(),
    pause: 0,
    wait: createPause(),
  };
  const frames = data.blocks.reduce((sum, b) => sum + b.frames, 0);
  const probeCount = data.probes.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
  const objectCount = data.objects.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
  for (const name of ["probe", "object", "positions"]) {
    if (!store.rest.has(name)) throw new ShapeError(`Cannot load the state: found no array "${name}", expected one`);
  }
  return {
    data,
    blocks: data.blocks.map((block, index) => residentBlock(store, block, index)),
    probe: alloc(store, "probe", { element: "complex", count: probeCount, shape: [probeCount] }),
    object: alloc(store, "object", { element: "complex", count: objectCount, shape: [objectCount] }),
    positions: alloc(store, "positions", { element: "wide", count: 2, extent: "frames", shape: [frames, 2] }),
    alloc: (name, options) => alloc(store, name, options),
    free: (buffer) => void store.arrays.delete(buffer),
    keepAddress: ({ address, block }) => void store.kept.set(address, [block.frames * block.modes, ADDRESS.columns]),
    has: (name) => store.rest.has(name),
    write: (buffer, values) => (arrayOf(store, buffer) as Float64Array).set(values),
    run: (work) => "calls" in work ? runPass(store, work) : runWhole(store, work),
    loop({ max, until }, body) {
      const flag = arrayOf(store, until) as Float64Array;
      for (let round = 0; round < max && flag[0] === 0; round++) body();
    },
    pause: (seconds) => void (store.pause += seconds),
    async flush(read) {
      const seconds = store.pause;
      store.pause = 0;
      // Also without a pause this lets the host see signals and draw its progress between blocks.
      await store.wait(seconds);
      return read.map((buffer) => (arrayOf(store, buffer) as Float64Array).slice());
    },
    save: (isWanted) => collectArrays((sink) => saveArrays(store, { sink, isWanted })),
    saveInto: (sink, isWanted) => new Promise((resolve) => resolve(saveArrays(store, { sink, isWanted }))),
    [Symbol.dispose]: () => store.arrays.clear(),
  };
}

function residentBlock(store: Store, block: Block, index: number): ResidentBlock {
  const name = `address/${block.ID}`;
  const { diffraction, mask } = measuredHandles(block, index);
  store.arrays.set(diffraction, allDiffraction(block.measured));
  store.arrays.set(mask, allMasks(block.measured));
  const table = { element: "int", count: ADDRESS.columns, extent: "block", perMode: true, block: index } as const;
  // Only refined positions make the address table part of the state.
  const moved = store.rest.has(name) ? { shape: [block.frames * block.modes, ADDRESS.columns] } : {};
  const address = alloc(store, name, { ...table, ...moved });
  if (!("shape" in moved)) (arrayOf(store, address) as Int32Array).set(block.address);
  return { index, block, diffraction, mask, address };
}

function alloc<E extends Element>(store: Store, name: string, options: AllocOptions<E>): Buffer<E> {
  const buffer = bufferHandle({ name, ...options });
  const count = totalCount(store.data, buffer.layout);
  const array = newElementArray(options.element, { count, precision: store.data.precision, name });
  const { shape } = options;
  if (shape !== undefined) {
    const loaded = store.rest.get(name);
    if (loaded !== undefined) {
      const source = sourceOf(loaded);
      checkLength(source, array.length, `array "${name}" of the state`);
      readNumbers(array, 0, source);
      store.rest.delete(name);
    }
    store.kept.set(buffer, shape);
  }
  store.arrays.set(buffer, array);
  return buffer;
}

function arrayOf(store: Store, buffer: Buffer): ElementArray {
  const array = store.arrays.get(buffer);
  if (array === undefined) {
    throw new DeviceError(`Cannot use buffer "${buffer.layout.name}": found it freed, expected it on this device`);
  }
  return array;
}

function runWhole(store: Store, { kernel, buffers, params }: WholeCall): void {
  const arrays: Record<string, ElementArray> = {};
  for (const name of Object.keys(kernel.bindings)) arrays[name] = arrayOf(store, buffers[name]!);
  kernel.cpu(arrays as Parameters<typeof kernel.cpu>[0], params);
}

function runPass(store: Store, pass: Pass): void {
  const loaded = store.blocks[pass.block]!;
  const pods = pass.each === "pod";
  const modes = pods ? loaded.block.modes : 1;
  const shape = pods ? { ...loaded.shape, modes: 1 } : loaded.shape;
  const calls = pass.calls.map((call) => prepareCall(store, call));
  const count = pass.order?.length ?? loaded.block.frames * modes;
  for (let i = 0; i < count; i++) {
    const item = pass.order?.[i] ?? i;
    const frame = pods ? Math.floor(item / modes) : item;
    const mode = pods ? item % modes : null;
    for (const call of calls) {
      for (const [name, array, layout] of call.local) {
        const { start, length } = recordRange(layout, { loaded, frame, mode });
        call.arrays[name] = array.subarray(start, start + length);
      }
      call.kernel.cpu(call.arrays as Parameters<typeof call.kernel.cpu>[0], call.params, shape);
    }
  }
}

interface PreparedCall extends FrameCall {
  /** The twin's arguments: whole arrays stay, frame records are put in for each frame. */
  readonly arrays: Record<string, ElementArray>;
  readonly local: readonly (readonly [string, ElementArray, BufferLayout])[];
}

function prepareCall(store: Store, call: FrameCall): PreparedCall {
  const arrays: Record<string, ElementArray> = {};
  const local: [string, ElementArray, BufferLayout][] = [];
  const bindings: Bindings = call.kernel.bindings;
  for (const [name, role] of Object.entries(bindings)) {
    const buffer = call.buffers[name]!;
    arrays[name] = arrayOf(store, buffer);
    if (role.startsWith("frame:")) local.push([name, arrays[name]!, buffer.layout]);
  }
  return { ...call, arrays, local };
}

interface Saving {
  readonly sink: ArraySink;
  readonly isWanted: ((name: string) => boolean) | undefined;
}

function saveArrays(store: Store, { sink, isWanted = () => true }: Saving): void {
  for (const [name, array] of store.rest) if (isWanted(name)) putArray(sink, name, array);
  for (const [buffer, shape] of store.kept) {
    const { name, element } = buffer.layout;
    if (!isWanted(name)) continue;
    const data = arrayOf(store, buffer);
    checkSaved(buffer.layout, { count: data.length, shape });
    putArray(sink, name, { dtype: dtypeOf(element, store.data.precision), shape, data });
  }
}
