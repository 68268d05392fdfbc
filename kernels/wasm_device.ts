/**
 * The WASM device: WebAssembly SIMD on one memory, frame ranges on all threads. What every iteration does with every frame has a
 * generated form; the rest runs its reference twin on converted copies. Results do not depend on the number of threads.
 *
 * Single precision computes in single precision, with sums over pixels in double; the state's arrays are those of the reference.
 */

import type { AllocOptions, Device, Resident, ResidentBlock } from "./device.ts";
import { ShapeError } from "./errors.ts";
import { bufferHandle, checkBlock, loadBlocks, measuredHandles } from "./frame_records.ts";
import { type Element, MAX_BINDINGS } from "./kernel.ts";
import type { NdArray } from "./nd_array.ts";
import type { Buffer, Pass, WholeCall } from "./pass.ts";
import { ADDRESS, type Block, type Data, type State } from "./reconstruction.ts";
import { createDeviceArrays, type DeviceArrays } from "./wasm/device_arrays.ts";
import { type DeviceBlock, openDeviceBlock } from "./wasm/device_blocks.ts";
import { runOnPlanes } from "./wasm/device_kernels.ts";
import { LIKELIHOOD_FORMS } from "./wasm/device_likelihood.ts";
import { createDeviceMemory, type DeviceMemory } from "./wasm/device_memory.ts";
import { PROJECTION_FORMS, signatureOf } from "./wasm/device_passes.ts";
import { objectPlanes, type Planes, probePlanes } from "./wasm/device_planes.ts";
import { type CodeCache, createPrograms, type Programs } from "./wasm/device_programs.ts";
import { startThreads, type Threads } from "./wasm/device_threads.ts";
import { runPassTwins, runWholeTwin } from "./wasm/device_twins.ts";
import { VISIT_FORMS } from "./wasm/device_visit.ts";
import { openPlaneForms, type PlaneForms } from "./wasm/plane_forms.ts";

/** How a device is made. */
export interface WasmDeviceOptions {
  /** Threads, the main one included; all of the machine's if left out. One where memory cannot be shared. */
  readonly threads?: number;
  /**
   * Whether the memory is kept when nothing is loaded any more, for what is loaded next; true if left out. A memory cannot shrink, so that
   * it stays as large as the largest engine made it. Given back, it lives until garbage is collected: who does not see to that before
   * more is loaded may have two.
   */
  readonly keepMemory?: boolean;
}

/** What 32-bit addresses reach. */
const MAX_MEMORY_BYTES = 2 ** 32;

const FORMS = { ...PROJECTION_FORMS, ...VISIT_FORMS, ...LIKELIHOOD_FORMS };

/** What the residents of a device share while there are any: its memory, its threads and their programs. */
interface Workshop {
  readonly memory: DeviceMemory;
  readonly threads: Threads;
  readonly programs: Programs;
}

/**
 * The WASM device. Threads live while something is loaded.
 * @throws {RangeError} if `threads` is not a positive integer
 */
export function createWasmDevice(
  { threads = navigator.hardwareConcurrency, keepMemory = true }: WasmDeviceOptions = {},
): Device {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot make a device: found ${threads} threads, expected a positive integer`);
  }
  const shared = typeof SharedArrayBuffer === "function" && canWait() && threads > 1;
  const cache: CodeCache = new Map();
  let memory: DeviceMemory | null = null;
  let opening: Promise<Workshop> | null = null;
  let open: Workshop | null = null;
  let users = 0;

  async function openWorkshop(): Promise<Workshop> {
    memory ??= createDeviceMemory({ shared });
    const started = await startThreads(memory.memory, shared ? threads : 1);
    open = { memory, threads: started, programs: createPrograms(memory, started, cache) };
    return open;
  }

  function leave(): void {
    if (--users > 0) return;
    open?.programs.clear();
    open?.threads[Symbol.dispose]();
    open = null;
    opening = null;
    if (!keepMemory) memory = null;
  }

  return {
    name: "wasm",
    limits: { maxBufferBytes: MAX_MEMORY_BYTES, maxBindings: MAX_BINDINGS, memoryBytes: MAX_MEMORY_BYTES },
    async load(data, state) {
      users++;
      opening ??= openWorkshop();
      try {
        return createResident(data, state, { workshop: await opening, close: leave });
      } catch (e) {
        leave();
        throw e;
      }
    },
  };
}

/** Whether this thread may wait for another: not so on the main thread of a browser. */
function canWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
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
  readonly rest: Map<string, NdArray>;
  /** Buffers that are part of the state, with their shapes. */
  readonly kept: Map<Buffer, readonly number[]>;
  /** Seconds that the engine asked to wait. */
  pause: number;
}

function createResident(
  data: Data,
  state: State,
  { workshop, close }: { workshop: Workshop; close: () => void },
): Resident {
  const { precision } = data;
  const arrays = createDeviceArrays(workshop.memory, data);
  const probes = probePlanes(data.probes, precision);
  const objects = objectPlanes(data.objects, precision);
  const store: Store = {
    data,
    arrays,
    blocks: loadBlocks(data).map((loaded) => openDeviceBlock(workshop.memory, loaded, precision)),
    workshop,
    probes,
    objects,
    planeForms: openPlaneForms(workshop.memory, { arrays, probes, objects }),
    rest: new Map(Object.entries(state.arrays)),
    kept: new Map(),
    pause: 0,
  };
  const frames = data.blocks.reduce((sum, b) => sum + b.frames, 0);
  const probeCount = data.probes.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
  const objectCount = data.objects.reduce((sum, s) => sum + s.layers * s.rows * s.cols, 0);
  for (const name of ["probe", "object", "positions"]) {
    if (!store.rest.has(name)) throw new ShapeError(`Cannot load the state: found no array "${name}", expected one`);
  }
  let isOpen = true;
  return {
    data,
    blocks: data.blocks.map((block, index) => residentBlock(store, block, index)),
    probe: alloc(store, "probe", { element: "complex", count: probeCount, shape: [probeCount], planes: store.probes }),
    object: alloc(store, "object", {
      element: "complex",
      count: objectCount,
      shape: [objectCount],
      planes: store.objects,
    }),
    positions: alloc(store, "positions", { element: "wide", count: 2, extent: "frames", shape: [frames, 2] }),
    alloc: (name, options) => alloc(store, name, { ...options, planes: wavesOf(store, options) }),
    free: (buffer) => store.arrays.remove(buffer),
    keepAddress: ({ address, block }) => void store.kept.set(address, [block.frames * block.modes, ADDRESS.columns]),
    has: (name) => store.rest.has(name),
    write: (buffer, values) => (store.arrays.flat(buffer, "update") as Float64Array).set(values),
    run: (work) => "calls" in work ? runPass(store, work) : runWhole(store, work),
    loop({ max, until }, body) {
      for (let round = 0; round < max && store.arrays.flat(until, "read")[0] === 0; round++) body();
    },
    pause: (seconds) => void (store.pause += seconds),
    async flush(read) {
      const wait = 1000 * store.pause;
      store.pause = 0;
      // Also without a pause this lets the host see signals and draw its progress between blocks.
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      return read.map((buffer) => (store.arrays.flat(buffer, "read") as Float64Array).slice());
    },
    save: (isWanted) => Promise.resolve(saveArrays(store, isWanted)),
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      store.planeForms[Symbol.dispose]();
      store.arrays.clear();
      store.blocks.forEach((block) => block.clear());
      close();
    },
  };
}

function residentBlock(store: Store, block: Block, index: number): ResidentBlock {
  const name = `address/${block.ID}`;
  checkBlock(block);
  const { diffraction, mask } = measuredHandles(block, index);
  store.arrays.lend(diffraction, block.diffraction);
  store.arrays.lend(mask, block.mask);
  const table = { element: "int", count: ADDRESS.columns, extent: "block", perMode: true, block: index } as const;
  // Only refined positions make the address table part of the state.
  const moved = store.rest.has(name) ? { shape: [block.frames * block.modes, ADDRESS.columns] } : {};
  const address = alloc(store, name, { ...table, ...moved });
  if (!("shape" in moved)) (store.arrays.flat(address, "update") as Int32Array).set(block.address);
  return { index, block, diffraction, mask, address };
}

function alloc<E extends Element>(
  store: Store,
  name: string,
  options: AllocOptions<E> & { readonly planes?: Planes | undefined },
): Buffer<E> {
  const buffer = bufferHandle({ name, ...options });
  const { shape, planes } = options;
  store.arrays.add(buffer, { from: shape === undefined ? undefined : store.rest.get(name), planes });
  if (shape !== undefined) {
    store.rest.delete(name);
    store.kept.set(buffer, shape);
  }
  return buffer;
}

/** The planes of waves that are kept for all frames; nothing else has a form before it is used. */
function wavesOf(
  { blocks }: Store,
  { element, extent, perMode = false, count, block = 0 }: AllocOptions<Element>,
): Planes | undefined {
  const { loaded, waves } = blocks[block]!;
  const isWave = element === "complex" && extent === "block" && perMode;
  return isWave && count === loaded.block.rows * loaded.block.cols ? waves : undefined;
}

function runWhole({ arrays, planeForms }: Store, call: WholeCall): void {
  if (planeForms.run(call) || runOnPlanes(arrays, call)) return;
  runWholeTwin(arrays, call);
}

function runPass({ arrays, probes, objects, blocks, workshop }: Store, pass: Pass): void {
  const block = blocks[pass.block]!;
  const { memory, programs } = workshop;
  const form = block.kind === null ? undefined : FORMS[signatureOf(pass)];
  if (form?.({ memory, arrays, programs, block, probes, objects }, pass)) return;
  runPassTwins(arrays, pass, block.loaded);
}

function saveArrays(store: Store, isWanted: (name: string) => boolean = () => true): Record<string, NdArray> {
  const saved: Record<string, NdArray> = Object.fromEntries([...store.rest].filter(([name]) => isWanted(name)));
  for (const [buffer, shape] of store.kept) {
    const { name } = buffer.layout;
    if (isWanted(name)) saved[name] = store.arrays.copy(buffer, shape);
  }
  return saved;
}
