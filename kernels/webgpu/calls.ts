/** From recorded calls to dispatches: which buffers, Params and workgroup counts every entry point of a kernel gets. */

import { DeviceError } from "../errors.ts";
import type { FrameKernel, WholeKernel } from "../kernel.ts";
import type { Buffer, FrameCall, WholeCall } from "../pass.ts";
import {
  GROUP,
  manyCount,
  type Over,
  shareCount,
  SLICE,
  type WgslPropagation,
  type WgslText,
  type WorkSizes,
} from "../wgsl.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Program, Programs } from "./pipelines.ts";
import type { Step } from "./fusion.ts";
import type { FusedEnd, GpuPropagation } from "./propagation.ts";
import type { Bound, Condition, PreparedStage, Recorder, UniformSlot } from "./recorder.ts";
import { type Items, recordOf } from "./items.ts";
import { ELEMENT_BYTES, segmentOf, type Store } from "./store.ts";
import type { ViewLists } from "./view_lists.ts";

/** What calls need of their surroundings. */
export interface CallContext {
  readonly store: Store;
  readonly arrays: GpuArrays;
  readonly programs: Programs;
  readonly recorder: Recorder;
  /** Bytes of scratch to begin with. */
  readonly workBytes: number;
}

/** What a call needs beside its own buffers. */
export interface Surroundings {
  readonly propagation: GpuPropagation;
  /** Lists of the chunk; null where frames are visited one by one. */
  readonly lists: ViewLists | null;
}

/** Turns calls into dispatches; scratch of all kernels is one array that grows. */
export interface Calls {
  /** @throws {DeviceError} if a kernel has no form for GPUs */
  check(kernel: FrameKernel | WholeKernel): void;
  recordWhole(call: WholeCall, condition: Condition | null): void;
  prepareFrames(step: Step, items: Items, surroundings: Surroundings): PreparedStage[];
  record(stages: readonly PreparedStage[], condition: Condition | null): void;
}

/** Calls in a context. */
export function createCalls(context: CallContext): Calls {
  const { programs, recorder, store } = context;
  const work = createWork(context);
  const record: Calls["record"] = (stages, condition) => {
    for (const stage of stages) recorder.dispatch(stage, condition);
  };

  /** Buffers, Params and sizes of a call. */
  function prepareCall(call: FrameCall, items: Items, { lists, workBytes }: FrameOptions): Prepared {
    const { loaded: { block }, count, mode } = items;
    const modes = mode === null ? block.modes : 1;
    const program = programs.kernel(checkForm(call.kernel));
    const bound = boundBuffers(call, { context, chunk: items.chunk.index });
    const sizes = workSizes(call.kernel, bound, { items: count, points: block.rows * block.cols, modes });
    const records = Object.entries(call.kernel.bindings).filter(([, role]) => role.startsWith("frame:"))
      .flatMap(([name]) => recordOf(store.get(call.buffers[name]!), items));
    const words = paramWords(call.kernel, call.params, [count, modes, block.rows, block.cols, ...records]);
    return prepare(program, { call, bound, words, sizes, lists, context, work, workBytes });
  }

  function preparePropagation(
    { call, source, sink, keep }: Step,
    items: Items,
    surroundings: Surroundings,
  ): PreparedStage[] {
    const { propagation } = surroundings;
    const { propagates } = call.kernel.wgsl as WgslPropagation;
    const { loaded: { block }, count, mode, chunk } = items;
    const pods = count * (mode === null ? block.modes : 1);
    const [wave, address] = [store.get(call.buffers["wave"]!), store.get(call.buffers["address"]!)];
    const end = (fused: FrameCall, prepared: Prepared): FusedEnd => ({
      form: fused.kernel.wgsl as WgslText,
      bound: prepared.bound,
      slot: prepared.slot!,
      keep,
    });
    const prepareEnd = (end: "source" | "sink", fused: FrameCall): Prepared => {
      // Where the kernel's first stage is taken over, there are as many shares as workgroups.
      const sums = (fused.kernel.wgsl as WgslText).work !== undefined;
      const workBytes = sums ? 16 * pods * propagation.sharesPerWave(propagates, end) : null;
      return prepareCall(fused, items, { lists: null, workBytes });
    };
    const first = source === null ? null : prepareEnd("source", source);
    const last = sink === null ? null : prepareEnd("sink", sink);
    const stages = propagation.prepare(propagates, {
      wave: whole(segmentOf(wave, chunk.index)),
      address: whole(segmentOf(address, chunk.index)),
      pods,
      begin: [recordOf(wave, items)[0], recordOf(address, items)[0]],
      source: source === null ? null : end(source, first!),
      sink: sink === null ? null : end(sink, last!),
    });
    // What a source summed must be added before a sink sums something else into the same scratch.
    return [stages[0]!, ...first?.stages.slice(1) ?? [], ...stages.slice(1), ...last?.stages.slice(1) ?? []];
  }

  return {
    check: checkForm,
    record,
    recordWhole(call, condition) {
      const program = programs.kernel(checkForm(call.kernel));
      const words = paramWords(call.kernel, call.params);
      const bound = boundBuffers(call, { context, chunk: 0 });
      const sizes = workSizes(call.kernel, bound, { items: 1, points: 1, modes: 1 });
      const options = { call, bound, words, sizes, lists: null, context, work, workBytes: null };
      record(prepare(program, options).stages, condition);
    },
    prepareFrames(step, items, surroundings) {
      const form = step.call.kernel.wgsl;
      if (form !== undefined && "propagates" in form) return preparePropagation(step, items, surroundings);
      return prepareCall(step.call, items, { lists: surroundings.lists, workBytes: null }).stages;
    },
  };
}

interface FrameOptions {
  readonly lists: ViewLists | null;
  /** Bytes of `work` if others than the kernel's own. */
  readonly workBytes: number | null;
}

function checkForm(kernel: FrameKernel | WholeKernel): FrameKernel | WholeKernel {
  if (kernel.wgsl === undefined) {
    throw new DeviceError(`Cannot run "${kernel.name}" on the GPU: found no WGSL, expected some; use another device`);
  }
  return kernel;
}

function whole(array: GpuArray): Bound {
  return { array, bytes: array.bytes };
}

/** Storage bindings of a call in the order of its declaration. */
function boundBuffers(
  { kernel, buffers }: FrameCall | WholeCall,
  { context: { store }, chunk }: { readonly context: CallContext; readonly chunk: number },
): { readonly name: string; readonly bound: Bound; readonly elements: number }[] {
  return Object.entries(kernel.bindings).map(([name, role]) => {
    const stored = store.get(buffers[name]!);
    const { segments, layout, window } = stored;
    if (role.startsWith("whole:") && (segments.length > 1 || window !== null)) {
      throw new DeviceError(
        `Cannot run "${kernel.name}" on the GPU: found "${layout.name}" in parts, expected one; use fewer frames or ` +
          "another device",
      );
    }
    const array = segmentOf(stored, chunk);
    return { name, bound: whole(array), elements: array.bytes / ELEMENT_BYTES[layout.element] };
  });
}

function paramWords(
  { params }: FrameKernel | WholeKernel,
  values: Readonly<Record<string, number>>,
  begin: readonly number[] = [],
): Uint32Array {
  const kinds = Object.entries(params);
  const words = new Uint32Array(begin.length + kinds.length);
  words.set(begin);
  const numbers = new Float32Array(words.buffer);
  for (const [i, [name, kind]] of kinds.entries()) {
    const value = values[name]!;
    if (kind === "real") numbers[begin.length + i] = value;
    else words[begin.length + i] = value;
  }
  return words;
}

interface Grid extends WorkSizes {
  readonly points: number;
  readonly modes: number;
}

function workSizes(
  kernel: FrameKernel | WholeKernel,
  bound: readonly { readonly name: string; readonly elements: number }[],
  { items, points, modes }: { readonly items: number; readonly points: number; readonly modes: number },
): Grid {
  return {
    items,
    points,
    modes,
    slices: items * Math.ceil(points / SLICE),
    many: manyCount(Math.max(0, ...bound.map((b) => b.elements))),
    elements(binding) {
      const found = bound.find(({ name }) => name === binding);
      if (found === undefined) throw new RangeError(`Cannot run "${kernel.name}": found no binding "${binding}"`);
      return found.elements;
    },
  };
}

function groupCount(over: Over, sizes: Grid, lists: ViewLists | null): number {
  const { items, points, modes, slices } = sizes;
  if (over.startsWith("each ")) return Math.ceil(sizes.elements(over.slice(5)) / GROUP);
  if (over.startsWith("shares ")) {
    const elements = sizes.elements(over.slice(7));
    return Math.ceil(shareCount(elements) * elements / GROUP);
  }
  const counts: Readonly<Record<string, number>> = {
    waves: Math.ceil(items * modes * points / GROUP),
    points: Math.ceil(items * points / GROUP),
    items: Math.ceil(items / GROUP),
    slices,
    "item groups": items,
    tiles: lists?.count ?? 0,
    many: sizes.many,
    once: 1,
  };
  return counts[over]!;
}

interface Prepare extends FrameOptions {
  readonly call: FrameCall | WholeCall;
  readonly bound: readonly { readonly bound: Bound }[];
  readonly words: Uint32Array;
  readonly sizes: Grid;
  readonly context: CallContext;
  readonly work: (bytes: number) => GpuArray;
}

interface Prepared {
  readonly bound: readonly Bound[];
  readonly slot: UniformSlot | null;
  readonly stages: PreparedStage[];
}

function prepare(
  program: Program,
  { call: { kernel }, bound, words, sizes, lists, context: { recorder }, work, workBytes }: Prepare,
): Prepared {
  const all = bound.map((b) => b.bound);
  for (const { name } of program.storage.slice(bound.length)) {
    if (name === "work") {
      const bytes = workBytes ?? (kernel.wgsl as WgslText).work!(sizes);
      all.push({ array: work(bytes), bytes });
    } else if (lists === null) {
      throw new DeviceError(
        `Cannot run "${kernel.name}" on the GPU: found a pass that visits frames one by one, expected all frames at once`,
      );
    } else {
      all.push(whole(name === "tiles" ? lists.tiles : lists.pods));
    }
  }
  const slot = program.uniform !== null ? recorder.uniform(words) : null;
  const group = recorder.bind(program, all, slot);
  const stages = program.stages.map(({ pipeline, over }) => ({
    pipeline,
    group,
    slot,
    groups: groupCount(over, sizes, lists),
  }));
  return { bound: all, slot, stages };
}

/** Scratch that all kernels share, because they run one after the other. */
function createWork({ arrays, workBytes }: CallContext): (bytes: number) => GpuArray {
  let current: GpuArray | null = null;
  return (bytes) => {
    // Work that is recorded already keeps the smaller array.
    if (current === null || current.bytes < bytes) {
      current = arrays.create("scratch of kernels", Math.max(bytes, workBytes));
    }
    return current;
  };
}

/** Whether a call moves views, so that the lists of a chunk must be made again. */
export function movesViews({ kernel, buffers }: FrameCall, address: Buffer): boolean {
  return Object.entries(kernel.bindings).some(([name, role]) => buffers[name] === address && !role.endsWith(":read"));
}
