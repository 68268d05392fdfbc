/**
 * A resident with frames that pass through the GPU. Bringing them and taking them back means waiting, which `run` must not do: work is
 * written down and carried out by `flush` and `save`.
 */

import type { Resident } from "../device.ts";
import { DeviceError } from "../errors.ts";
import type { Buffer, Pass, WholeCall } from "../pass.ts";
import { type ArraySink, collectArrays } from "../state_arrays.ts";
import type { FrameWindow, Seating, WindowArray } from "./frame_window.ts";
import type { OpenPass } from "./passes.ts";
import { readNumbers } from "./read_back.ts";
import { freeBuffer, type ResidentParts, saveArrays } from "./resident_parts.ts";
import { cutRuns } from "./sequential_runs.ts";
import { segmentOf, type Store } from "./store.ts";
import { createTransfers, type Transfers } from "./transfers.ts";

/** Work as it was recorded. */
type Operation =
  | { readonly kind: "run"; readonly work: WholeCall | Pass }
  | { readonly kind: "write"; readonly buffer: Buffer<"wide">; readonly values: Float64Array }
  | { readonly kind: "free"; readonly buffer: Buffer }
  | { readonly kind: "loop"; readonly max: number; readonly until: Buffer<"wide">; readonly body: Operation[] };

/** A resident of parts whose blocks have windows. */
export function createStreamedResident(parts: ResidentParts): Resident {
  const { recorder, arrays, store, common } = parts;
  const transfers = createTransfers(parts);
  const freed = new Set<Buffer>();
  const recorded: Operation[] = [];
  let target = recorded;
  let pause = 0;

  function record(operation: Operation, buffers: readonly Buffer[]): void {
    // What is wrong is said where it is recorded, as by a resident that works at once.
    for (const buffer of buffers) {
      if (freed.has(buffer)) throw freedError(buffer);
      store.get(buffer);
    }
    target.push(operation);
  }

  async function finish(): Promise<void> {
    await carryOut(recorded.splice(0), { parts, transfers });
    freed.clear();
  }

  async function saveInto(sink: ArraySink, isWanted?: (name: string) => boolean): Promise<void> {
    await finish();
    for (const { window } of store.blocks) if (window !== null) await transfers.down(window.takeChanged());
    await transfers.settle();
    await saveArrays(parts, sink, { isWanted });
  }

  return {
    ...common,
    free(buffer) {
      record({ kind: "free", buffer }, [buffer]);
      freed.add(buffer);
    },
    write: (buffer, values) => record({ kind: "write", buffer, values: values.slice() }, [buffer]),
    run(work) {
      const calls = "calls" in work ? work.calls : [work];
      for (const { kernel } of calls) parts.calls.check(kernel);
      record({ kind: "run", work }, calls.flatMap(({ buffers }) => Object.values(buffers)));
    },
    loop({ max, until }, body) {
      const outer = target;
      const rounds: Operation[] = [];
      record({ kind: "loop", max, until, body: rounds }, [until]);
      target = rounds;
      try {
        body();
      } finally {
        target = outer;
      }
    },
    pause: (seconds) => void (pause += seconds),
    async flush(read) {
      const wait = 1000 * pause;
      pause = 0;
      await finish();
      const numbers = await readNumbers(parts, read.map((buffer) => store.get(buffer).segments[0]!));
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      return numbers;
    },
    save: (isWanted) => collectArrays((sink) => saveInto(sink, isWanted)),
    saveInto,
    [Symbol.dispose]() {
      transfers.dispose();
      recorder.dispose();
      arrays.dispose();
    },
  };
}

interface Setting {
  readonly parts: ResidentParts;
  readonly transfers: Transfers;
}

async function carryOut(operations: readonly Operation[], setting: Setting): Promise<void> {
  const { parts, transfers } = setting;
  const { recorder, store, arrays, calls } = parts;
  for (const operation of operations) {
    if (operation.kind === "run") {
      recorder.makeRoom();
      if ("calls" in operation.work) await runPass(operation.work, setting);
      else calls.recordWhole(operation.work, null);
    } else if (operation.kind === "write") {
      recorder.submit();
      arrays.upload(store.get(operation.buffer).segments[0]!, Float32Array.from(operation.values));
    } else if (operation.kind === "free") {
      // Frames on their way to the host come from memory that goes.
      if (store.get(operation.buffer).window !== null) await transfers.settle();
      freeBuffer(parts, operation.buffer);
    } else {
      for (let round = 0; round < operation.max; round++) {
        const [flag] = await readNumbers(parts, [segmentOf(store.get(operation.until), 0)]);
        if (flag![0] !== 0) break;
        await carryOut(operation.body, setting);
      }
    }
  }
}

async function runPass(pass: Pass, { parts: { passes, store }, transfers }: Setting): Promise<void> {
  const open = passes.open(pass);
  const { loaded: { window, chunks, resident } } = open;
  const uses = window === null ? [] : usesOf(pass, store);
  if (open.oneByOne) {
    await runOneByOne(open, { window, uses, transfers });
  } else {
    for (const chunk of chunks) {
      if (window === null || uses.length === 0 || chunk.first < resident) open.recordChunk(chunk, null);
      else {
        const seating = [{ place: 0, frame: chunk.first, count: chunk.frames, mode: null }];
        await bring(seating, { window, uses, transfers });
        open.recordChunk(chunk, null);
        mark(seating, { window, uses });
        await transfers.keepPace();
      }
    }
  }
  open.close();
}

/** Frames in their order, as many at a time as find places. */
async function runOneByOne(
  { pass: { order, each }, loaded: { block, resident }, placeOf, recordItemAt }: OpenPass,
  { window, uses, transfers }: Passing<FrameWindow | null>,
): Promise<void> {
  const count = order?.length ?? block.frames * (each === "pod" ? block.modes : 1);
  const items = order ?? Int32Array.from({ length: count }, (_, i) => i);
  if (window === null || uses.length === 0) {
    for (const item of items) recordItemAt(item, 0);
    return;
  }
  const passes = (item: number) => placeOf(item).frame >= resident;
  for (const run of cutRuns(items, { places: window.places, passes, placeOf, seated: window.placeOf })) {
    await bring(run.seating, { window, uses, transfers });
    for (const item of run.items) recordItemAt(item, run.placeAt(placeOf(item).frame));
    mark(run.seating, { window, uses });
    await transfers.keepPace();
  }
}

/** How a pass uses an array of which frames pass through. */
interface Use {
  readonly array: WindowArray;
  /** Whether it sees what was there before. */
  readonly reads: boolean;
  readonly changes: boolean;
}

interface Passing<W = FrameWindow> {
  readonly window: W;
  readonly uses: readonly Use[];
  readonly transfers: Transfers;
}

function usesOf({ calls }: Pass, store: Store): Use[] {
  const uses = new Map<WindowArray, Use>();
  for (const { kernel, buffers } of calls) {
    for (const [name, role] of Object.entries(kernel.bindings)) {
      const array = store.get(buffers[name]!).window;
      if (array === null) continue;
      const before = uses.get(array);
      // A call that writes leaves nothing of what was there.
      const reads = before?.reads ?? !role.endsWith(":write");
      const changes = before?.changes === true || !role.endsWith(":read");
      uses.set(array, { array, reads, changes });
    }
  }
  return [...uses.values()];
}

/** Seats frames and brings what the pass sees of them. */
async function bring(seating: readonly Seating[], { window, uses, transfers }: Passing): Promise<void> {
  await transfers.down(window.seat(seating));
  for (const { array, reads } of uses) {
    const missing = reads ? window.missing(array, seating) : [];
    if (missing.length > 0) await transfers.up(array, missing);
  }
}

function mark(seating: readonly Seating[], { window, uses }: Omit<Passing, "transfers">): void {
  for (const { array, changes } of uses) window.mark(array, { seating, changed: changes });
}

function freedError({ layout: { name } }: Buffer): DeviceError {
  return new DeviceError(`Cannot use buffer "${name}": found it freed, expected it on this device`);
}
