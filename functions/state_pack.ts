/** States as artifacts: what engines change, with the history of the run up to there. */

import { openPack, type Pack } from "../core/formats/array_pack.ts";
import { createPack } from "../core/formats/array_pack_writer.ts";
import type { PtyrIteration } from "../core/formats/ptyr.ts";
import type { Json } from "../core/json.ts";
import type { LoadedState, State, StateHead } from "../kernels/reconstruction.ts";
import { type ArraySink, type ArraySource, heldArray, numbersIn, putArray } from "../kernels/state_arrays.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { missing } from "./parameters.ts";

const KIND = "state";
const PREFIX = "arrays/";
const LOCAL_ERRORS = "errors";

/** What happened in a run up to a state. */
export interface RunHistory {
  /** One entry for each block of iterations. */
  readonly iterations: readonly PtyrIteration[];
  /** (row, 3), see Metrics; null before the first iteration. */
  readonly localErrors: Float64Array | null;
}

/** A state and how it came about. */
export interface SavedState {
  readonly state: State;
  readonly history: RunHistory;
}

/** A state that comes in pieces from where it is. */
export interface ComingState {
  /** Puts its arrays into the sink and returns the rest. */
  readonly putInto: (sink: ArraySink) => Promise<StateHead>;
  readonly history: RunHistory;
}

/** A published state whose arrays are read when they are wanted. */
export interface OpenState extends Disposable {
  /** Its arrays can be read until it is disposed of. @throws {DataError} as they are read, if what is read is damaged */
  readonly state: LoadedState;
  readonly history: RunHistory;
  /** Reads everything that was not read yet. @throws {DataError} if any of it is damaged */
  check(): void;
}

/** Publishes a state; harmless if it is there already. @throws {DataError} if the store cannot be written */
export async function publishState(store: ArtifactStore, key: string, { state, history }: SavedState): Promise<void> {
  const { arrays, ...head } = state;
  const putInto = (sink: ArraySink) => {
    for (const [name, array] of Object.entries(arrays)) putArray(sink, name, array);
    return Promise.resolve(head);
  };
  await publishComing(store, key, { putInto, history });
}

/** Publishes a state piece by piece; harmless if it is there already. @throws {DataError} if the store cannot be written */
export async function publishComing(
  store: ArtifactStore,
  key: string,
  { putInto, history }: ComingState,
): Promise<void> {
  await store.publish(key, async (path) => {
    using pack = createPack(path, KIND);
    const head = await putInto({ begin: (name, form) => pack.begin(`${PREFIX}${name}`, form) });
    const { localErrors, iterations } = history;
    if (localErrors !== null) {
      pack.add(LOCAL_ERRORS, { dtype: "float64", shape: [localErrors.length / 3, 3], data: localErrors });
    }
    pack.finish({ ...head, history: iterations } as unknown as Json);
  });
}

/** Opens a published state. @throws {DataError} if there is none of this key, or its file is damaged beyond its arrays */
export async function openState(store: ArtifactStore, key: string): Promise<OpenState> {
  const file = await store.fetch(key);
  if (file === null) throw missing(key);
  try {
    const pack = openPack(file.path);
    const { history, ...head } = pack.meta as unknown as StateHead & { history: PtyrIteration[] };
    const localErrors = pack.arrays.has(LOCAL_ERRORS) ? pack.read(LOCAL_ERRORS).data as Float64Array : null;
    return {
      state: { ...head, arrays: sourcesIn(pack) },
      history: { iterations: history, localErrors },
      check: () => pack.check(),
      [Symbol.dispose]() {
        pack[Symbol.dispose]();
        file[Symbol.dispose]();
      },
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** A state with its arrays in memory: all, or those whose names are wanted. @throws {DataError} if one of them is damaged */
export function heldState(
  { arrays, ...head }: LoadedState,
  isWanted: (name: string) => boolean = () => true,
): State {
  const wanted = Object.entries(arrays).filter(([name]) => isWanted(name));
  return { ...head, arrays: Object.fromEntries(wanted.map(([name, array]) => [name, heldArray(array)])) };
}

function sourcesIn(pack: Pack): Record<string, ArraySource> {
  const sources: Record<string, ArraySource> = {};
  for (const [name, form] of pack.arrays) {
    if (!name.startsWith(PREFIX)) continue;
    sources[name.slice(PREFIX.length)] = {
      ...form,
      length: numbersIn(form),
      readInto: (first, into) => pack.readInto(name, first, into),
    };
  }
  return sources;
}
