/** The files of a run: autosaves and results, with what the run has done so far. */

import { asctime } from "../core/formats/h5rw.ts";
import type { PtyrRuntime } from "../core/formats/ptyr.ts";
import type { ModelLayout } from "../core/scan_models/model.ts";
import { exportResult } from "../functions/export.ts";
import { outputFile } from "../functions/output_files.ts";
import type { State } from "../kernels/reconstruction.ts";
import type { RunContext } from "./run.ts";

/** Saves what there is before an iteration, under the name of the engine that did the last one, as PtyPy does. */
export function saveDump(state: State, context: RunContext): void {
  const { run, history } = context;
  const last = history.iterations.at(-1);
  const values = { engine: last?.engine ?? "None", iteration: last?.iteration ?? 0, iterations: state.iterations };
  const path = outputFile(run.parsed.p, {
    kind: "autosave.rfile",
    name: run.name,
    path: context.services.path,
    values,
  })!;
  history.lastSave = state.iterations;
  write(path, { kind: "dump", state, context, stop: null });
  history.dumps.push(path);
}

/** Saves what an engine left after so many of its iterations; nothing if `io.rfile` is None. */
export function saveResult(
  state: State,
  { engine, iteration, context }: {
    readonly engine: string;
    readonly iteration: number;
    readonly context: RunContext;
  },
): void {
  const { run, history, services } = context;
  const values = { engine, iteration, iterations: state.iterations };
  const path = outputFile(run.parsed.p, { kind: "rfile", name: run.name, path: services.path, values });
  if (path === null) return;
  write(path, { kind: "minimal", state, context, stop: services.clock.date() });
  history.files.push(path);
}

function write(
  path: string,
  { kind, state, context, stop }: { kind: "minimal" | "dump"; state: State; context: RunContext; stop: Date | null },
): void {
  const { run, started, history, services } = context;
  const runtime = runtimeOf(context, stop);
  exportResult(path, {
    kind,
    model: started.model,
    state,
    waves: state.arrays,
    p: run.parsed.p,
    tree: run.tree,
    runtime,
    now: services.clock.date(),
  });
  history.lastFile = { path, iterations: state.iterations };
  services.log(`wrote ${path}`);
}

function runtimeOf({ run, started, history }: RunContext, stop: Date | null): PtyrRuntime {
  const local = history.localErrors === null ? {} : { error_local: localErrors(started.model, history.localErrors) };
  return {
    run: run.name,
    start: asctime(history.start),
    stop: stop === null ? null : asctime(stop),
    iter_info: history.iterations,
    last_save: history.lastSave,
    last_plot: 0,
    ...local,
  };
}

type ErrorRow = readonly [number, number, number];

/** Errors by the ID of the diffraction view. Engines that treat pods alone have a row per pod; PtyPy keeps a frame's last. */
function localErrors({ diff, pods }: ModelLayout, errors: Float64Array): Record<string, ErrorRow> {
  const rowOf = Int32Array.from(diff.views, (_, view) => view);
  if (errors.length > 3 * diff.views.length) pods.forEach((pod, row) => rowOf[pod.diff] = row);
  return Object.fromEntries(diff.views.map(({ ID }, view) => {
    const at = 3 * rowOf[view]!;
    return [ID, [errors[at]!, errors[at + 1]!, errors[at + 2]!]];
  }));
}
