/** Recording passes: what to dispatch for a chunk of frames, or for frames and pods one by one. */

import type { Buffer, Pass } from "../pass.ts";
import type { Data } from "../reconstruction.ts";
import { type Calls, movesViews } from "./calls.ts";
import { fuseCalls, type Step } from "./fusion.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Chunk } from "./gpu_memory.ts";
import type { Programs } from "./pipelines.ts";
import type { GpuPropagation } from "./propagation.ts";
import type { Condition, PreparedStage, Recorder } from "./recorder.ts";
import { type LoadedBlock, segmentOf, type Store } from "./store.ts";
import { createViewLists, MOST_LISTS, recordViewLists, type ViewLists } from "./view_lists.ts";

/** A block with what its passes need. */
export interface BlockWork {
  readonly loaded: LoadedBlock;
  readonly propagation: GpuPropagation;
  readonly address: Buffer<"int">;
}

/** A pass that is about to be recorded. */
export interface OpenPass {
  readonly pass: Pass;
  readonly loaded: LoadedBlock;
  /** Whether frames or pods are visited one after the other; each sees what the ones before it changed. */
  readonly oneByOne: boolean;
  recordChunk(chunk: Chunk, condition: Condition | null): void;
  /** Records a frame or a pod of a pass that goes one by one, and keeps what was prepared for it. */
  recordItem(item: number, condition: Condition | null): void;
  /** The same for a frame that may be at a place of the window; nothing is kept. */
  recordItemAt(item: number, place: number): void;
  /** The frame of an item, and its mode: null for all. */
  placeOf(item: number): { readonly frame: number; readonly mode: number | null };
  close(): void;
}

/** Passes of one resident. */
export interface Passes {
  open(pass: Pass): OpenPass;
  /** Records the lists of views of all blocks where they are out of date. */
  refreshLists(condition: Condition | null): void;
  /** Forgets what was prepared with a buffer, or all of it if left out. */
  forget(buffer?: Buffer): void;
}

interface PassContext {
  readonly data: Data;
  readonly store: Store;
  readonly arrays: GpuArrays;
  readonly programs: Programs;
  readonly recorder: Recorder;
  readonly calls: Calls;
  readonly blocks: readonly BlockWork[];
  readonly storageBuffers: number;
  /** Whether memory is short, so that many chunks share one list of views. */
  readonly shareLists: boolean;
  /** Whether frames pass through, so that what was prepared for some is not kept. */
  readonly streams: boolean;
}

/** Passes in a context. */
export function createPasses(context: PassContext): Passes {
  const { store, calls, recorder, storageBuffers, streams } = context;
  const chunkCount = context.blocks.reduce((sum, { loaded }) => sum + loaded.chunks.length, 0);
  const shared = context.shareLists && chunkCount > MOST_LISTS;
  const blocks = context.blocks.map((block) => ({
    ...block,
    lists: createBlockLists(context, { block, shared }),
    // Dispatches of passes that visit one by one.
    prepared: [] as PreparedPass[],
  }));

  function open(pass: Pass): OpenPass {
    const { loaded, propagation, address, lists, prepared } = blocks[pass.block]!;
    const single = pass.each === "pod";
    const oneByOne = pass.sequential || pass.order !== undefined || single;
    const perFrame = single ? loaded.block.modes : 1;
    const steps = fuseCalls(pass.calls, {
      modes: single ? 1 : loaded.block.modes,
      storageBuffers: propagation.fuses ? storageBuffers : 0,
      addressAt: propagation.addressAt,
      readsOnce: propagation.readsOnce,
    });
    store.placeScratch(pass);
    const gathers = pass.calls.some(({ kernel }) => Object.values(kernel.bindings).some((r) => r.endsWith(":add")));
    const known = oneByOne ? preparedItems(prepared, pass) : null;
    const placeOf = (item: number) => ({
      frame: Math.floor(item / perFrame),
      mode: single ? item % perFrame : null,
    });
    const prepareItem = (step: Step, item: number, place: number): PreparedStage[] => {
      const { frame, mode } = placeOf(item);
      const chunk = loaded.chunks[Math.floor(frame / loaded.framesPerChunk)]!;
      const items = { loaded, chunk, frame: frame - chunk.first, place, count: 1, mode };
      return calls.prepareFrames(step, items, { propagation, lists: null });
    };
    return {
      pass,
      loaded,
      oneByOne,
      placeOf,
      recordChunk(chunk, condition) {
        const items = { loaded, chunk, frame: 0, place: 0, count: chunk.frames, mode: null };
        const surroundings = { propagation, lists: gathers ? lists.of(chunk, condition) : null };
        for (const step of steps) {
          if (streams) recorder.makeRoom();
          calls.record(calls.prepareFrames(step, items, surroundings), condition);
        }
      },
      recordItem(item, condition) {
        // Sweeps come again and again with the same calls.
        let stages = known!.get(item);
        if (stages === undefined) known!.set(item, stages = steps.flatMap((step) => prepareItem(step, item, 0)));
        calls.record(stages, condition);
      },
      recordItemAt(item, place) {
        for (const step of steps) {
          recorder.makeRoom();
          calls.record(prepareItem(step, item, place), null);
        }
      },
      close() {
        if (pass.calls.some((call) => movesViews(call, address))) lists.outdate();
      },
    };
  }

  return {
    open,
    refreshLists(condition) {
      for (const { lists } of blocks) lists.refresh(condition);
    },
    forget(buffer) {
      for (const { prepared } of blocks) {
        const uses = ({ pass }: PreparedPass) => pass.calls.some((c) => Object.values(c.buffers).includes(buffer!));
        prepared.splice(0, prepared.length, ...prepared.filter((known) => buffer !== undefined && !uses(known)));
      }
    },
  };
}

/** Lists of views of a block: one per chunk, made when a pass first gathers and again after views moved, or one for all chunks. */
interface BlockLists {
  of(chunk: Chunk, condition: Condition | null): ViewLists;
  refresh(condition: Condition | null): void;
  outdate(): void;
}

function createBlockLists(
  { data, store, arrays, programs, recorder }: PassContext,
  { block: { loaded, address }, shared }: { readonly block: BlockWork; readonly shared: boolean },
): BlockLists {
  const { block, chunks, framesPerChunk } = loaded;
  const made = new Map<number, ViewLists>();
  const current = new Set<number>();
  const make = (index: number): ViewLists => {
    const frames = shared ? framesPerChunk : chunks[index]!.frames;
    const lists = createViewLists(arrays, { data, block, frames });
    made.set(index, lists);
    return lists;
  };
  function of({ index }: Chunk, condition: Condition | null): ViewLists {
    const key = shared ? 0 : index;
    const lists = made.get(key) ?? make(key);
    if (shared || !current.has(key)) {
      const segment: GpuArray = segmentOf(store.get(address), index);
      recordViewLists(lists, { recorder, programs, address: segment, block, condition });
      current.add(key);
    }
    return lists;
  }
  return {
    of,
    refresh(condition) {
      if (!shared) { for (const chunk of chunks) of(chunk, condition); }
    },
    outdate: () => current.clear(),
  };
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
