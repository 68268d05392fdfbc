/** A state with its model, wherever the state is: on a device of this process, in the store, or to be computed again. */

import type { ModelLayout } from "../core/scan_models/model.ts";
import type { PtyrRuntime } from "../core/formats/ptyr.ts";
import { asctime } from "../core/formats/h5rw.ts";
import type { LoadedArray } from "../kernels/state_arrays.ts";
import type { StateReference } from "./inputs.ts";
import { keepModel, type ModelKeys, takeModel } from "./open_model.ts";
import { engineOf, loadParameters, type RunParameters } from "./parameters.ts";
import { keepRunning, openRunningEngine, takeRunning } from "./running_engine.ts";
import type { StageContext } from "./stage.ts";
import { heldState, openState, type RunHistory, type SavedState } from "./state_pack.ts";

/** What stages that look at a state are given. */
export interface StateInput extends ModelKeys {
  readonly state: StateReference;
  /** Label of the engine that the state is in the middle of; its end, or the start of the run, need none. */
  readonly engine?: string | undefined;
}

/** What there is to see of a state, and what it belongs to. */
export interface SavedRun extends SavedState {
  readonly model: ModelLayout;
  readonly parameters: RunParameters;
  /** Exit waves by their names in the state; none unless they were asked for. Readable while `use` runs. */
  readonly waves: Readonly<Record<string, LoadedArray>>;
}

/** What is done with a state. */
export interface Use<T> {
  /** Whether exit waves are wanted: then a state that is only on a device is published first, because no memory may hold them. */
  readonly waves?: boolean;
  readonly use: (saved: SavedRun) => T | Promise<T>;
}

/** Arrays that a model is made of. */
const VISIBLE: readonly string[] = ["probe", "object", "positions"];

/** Hands a state to `use`, with the model that it belongs to, and keeps warm what it took to find it. */
export async function withSavedRun<T>(
  context: StageContext,
  input: StateInput,
  { waves = false, use }: Use<T>,
): Promise<T> {
  const parameters = await loadParameters(context, input.parameters);
  const { state, engine: label } = input;
  const device = context.devices.best;
  const isPublished = state.blocks.length === 0;
  const running = takeRunning(context, state) ??
    (isPublished || label === undefined ? null : await openRunningEngine(context, {
      label,
      engine: engineOf(parameters.parsed.p, label),
      keys: input,
      device,
      reference: state,
    }));
  if (running !== null) {
    const { model } = running.model;
    try {
      if (!waves) return await use({ ...await running.save(isVisible), model, parameters, waves: {} });
      if (!isPublished) await running.publish(state.key);
      return await useOpen(context, state, { waves, use: (saved) => use({ ...saved, model, parameters }) });
    } finally {
      keepRunning(context, state, running);
    }
  }
  const open = await takeModel(context, input);
  const { model } = open;
  try {
    return await useOpen(context, state, { waves, use: (saved) => use({ ...saved, model, parameters }) });
  } finally {
    keepModel(context, input, open);
  }
}

function isVisible(name: string): boolean {
  return VISIBLE.includes(name);
}

/** Hands a published state to `use`. */
async function useOpen<T>(
  { artifacts }: StageContext,
  { key }: StateReference,
  { waves, use }: {
    readonly waves: boolean;
    readonly use: (saved: Pick<SavedRun, "state" | "history" | "waves">) => T | Promise<T>;
  },
): Promise<T> {
  using open = await openState(artifacts, key);
  const { state, history } = open;
  const isWave = ([name]: [string, unknown]) => waves && name.startsWith("exitWave/");
  return await use({
    state: heldState(state, isVisible),
    history,
    waves: Object.fromEntries(Object.entries(state.arrays).filter(isWave)),
  });
}

/** What a `.ptyr` file says of the run. */
export function runtimeOf(
  { model, parameters, history }: SavedRun,
  { started, stopped, lastSave }: { readonly started: Date; readonly stopped: Date | null; readonly lastSave: number },
): PtyrRuntime {
  const { localErrors } = history;
  return {
    run: parameters.name,
    start: asctime(started),
    stop: stopped === null ? null : asctime(stopped),
    iter_info: history.iterations,
    last_save: lastSave,
    last_plot: 0,
    ...(localErrors === null ? {} : { error_local: errorsOfViews(model, localErrors) }),
  };
}

/** Errors by the ID of the diffraction view. Engines that treat pods alone have a row per pod; PtyPy keeps a frame's last. */
function errorsOfViews(
  { diff, pods }: ModelLayout,
  errors: NonNullable<RunHistory["localErrors"]>,
): NonNullable<PtyrRuntime["error_local"]> {
  const rowOf = Int32Array.from(diff.views, (_, view) => view);
  if (errors.length > 3 * diff.views.length) pods.forEach((pod, row) => rowOf[pod.diff] = row);
  return Object.fromEntries(diff.views.map(({ ID }, view) => {
    const at = 3 * rowOf[view]!;
    return [ID, [errors[at]!, errors[at + 1]!, errors[at + 2]!] as const];
  }));
}
