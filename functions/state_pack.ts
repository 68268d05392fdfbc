/** States as artifacts: what engines change, with the history of the run up to there. */

import { openPack } from "../core/formats/array_pack.ts";
import { createPack } from "../core/formats/array_pack_writer.ts";
import type { PtyrIteration } from "../core/formats/ptyr.ts";
import type { NdArray } from "../kernels/nd_array.ts";
import type { State } from "../kernels/reconstruction.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { missing } from "./parameters.ts";
import type { Json } from "../core/json.ts";

const KIND = "state";
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

/** Publishes a state; harmless if it is there already. @throws {DataError} if the store cannot be written */
export async function publishState(store: ArtifactStore, key: string, { state, history }: SavedState): Promise<void> {
  const { arrays, ...rest } = state;
  await store.publish(key, (path) => {
    using pack = createPack(path, KIND);
    for (const [name, array] of Object.entries(arrays)) pack.add(`arrays/${name}`, array);
    const { localErrors, iterations } = history;
    if (localErrors !== null) {
      pack.add(LOCAL_ERRORS, { dtype: "float64", shape: [localErrors.length / 3, 3], data: localErrors });
    }
    pack.finish({ ...rest, history: iterations } as unknown as Json);
  });
}

/** A published state. @throws {DataError} if there is none of this key, or its file is damaged */
export async function fetchState(store: ArtifactStore, key: string): Promise<SavedState> {
  using file = await store.fetch(key);
  if (file === null) throw missing(key);
  using pack = openPack(file.path);
  const { history, ...rest } = pack.meta as unknown as Omit<State, "arrays"> & { history: PtyrIteration[] };
  const arrays: Record<string, NdArray> = {};
  for (const name of pack.arrays.keys()) {
    if (name.startsWith("arrays/")) arrays[name.slice("arrays/".length)] = pack.read(name);
  }
  const localErrors = pack.arrays.has(LOCAL_ERRORS) ? pack.read(LOCAL_ERRORS).data as Float64Array : null;
  return { state: { ...rest, arrays }, history: { iterations: history, localErrors } };
}
