/** The recipe of a reconstruction: load, start, blocks of each engine with autosave in between, export. */

import { restoreRandom } from "../core/random.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import { type EngineSession, loadEngine } from "../core/engines/run_engine.ts";
import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import { asctime } from "../core/formats/h5rw.ts";
import type { PtyrIteration, PtyrRuntime } from "../core/formats/ptyr.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import type { ModelLayout } from "../core/scan_models/model.ts";
import { describeParameters, describeScans, describeStorages } from "../functions/describe.ts";
import { planDevice } from "../functions/device_plan.ts";
import { exportResult } from "../functions/export.ts";
import { loadScans, sortedEngines } from "../functions/load.ts";
import { outputFile, planOutputs, tryOutputs } from "../functions/output_files.ts";
import { type Started, startModel } from "../functions/start.ts";
import type { Device } from "../kernels/device.ts";
import type { State } from "../kernels/reconstruction.ts";

/** Time, passed in. */
export interface Clock {
  /** Milliseconds from an arbitrary start. */
  now(): number;
  date(): Date;
}

/** What a block of iterations reports. */
export interface BlockReport {
  readonly engine: string;
  readonly iteration: number;
  readonly numiter: number;
  readonly errors: readonly [number, number, number];
  readonly secondsPerIteration: number;
}

/** What a run needs beside its parameters. */
export interface RunServices extends LoaderServices {
  readonly device: Device;
  readonly clock: Clock;
  /** Is told once, when everything is loaded: from here on the run heeds `signal`. */
  started(): void;
  /** Says how things stand, at a level for those who look inside. */
  inspect(message: string): void;
  /** Says everything else. */
  debug(message: string): void;
  /** When aborted, the run stops after the current block and saves. */
  readonly signal: AbortSignal;
  /**
   * Is told when much was left behind that nobody uses any more, and before more is taken: arrays that wait for the garbage collector
   * would be part of the peak.
   */
  tidy(): Promise<void>;
  /** Is told of every block. */
  report(block: BlockReport): void;
  /** Is told when an engine is done. */
  engineDone(engine: string): void;
}

/** A run: parsed parameters, the tree as written, and the name that goes into file names. */
export interface Run {
  readonly parsed: ParsedPtycho;
  readonly tree: Readonly<Record<string, unknown>>;
  readonly name: string;
}

/** What a run left. */
export interface RunResult {
  /** Result files, one for each engine that ran. */
  readonly files: readonly string[];
  /** Autosaved files. */
  readonly dumps: readonly string[];
  readonly iterations: number;
  /** Mean errors after the last iteration; null if no engine ran. */
  readonly errors: readonly [number, number, number] | null;
  /** Mean over all iterations; null if no engine ran. */
  readonly secondsPerIteration: number | null;
  /** True if the run was stopped before its end. */
  readonly stopped: boolean;
}

/**
 * Reconstructs. Engines run in the order of their labels; each begins with the state that the one before it left.
 *
 * @throws any Exitwave error; what was saved before stays
 * @see PtyPy 0.4: Ptycho.run (differs: a block may be longer than `io.autosave.interval`, then every block is saved)
 */
export async function reconstruct(run: Run, services: RunServices): Promise<RunResult> {
  const { p } = run.parsed;
  const outputs = planOutputs(p, { name: run.name, path: services.path });
  const scans = loadScans(run.parsed, { ...services, now: services.clock.date() });
  const { started, baton } = handOver(startModel(scans, p, services));
  tryOutputs(outputs);
  for (const line of describeScans(started)) services.log(line);
  for (const line of describeStorages(started)) services.inspect(line);
  for (const line of describeParameters(p)) services.debug(line);
  services.started();
  const history: History = {
    start: services.clock.date(),
    iterations: [],
    localErrors: null,
    lastSave: 0,
    files: [],
    dumps: [],
  };
  // checkSupported() has refused the engines that are not built.
  const engines = sortedEngines(p).map(([, engine]) => engine as SupportedParams);
  for (const [i, engine] of engines.entries()) {
    if (services.signal.aborted) break;
    const exitWaves = needsExitWaves(run, engines.slice(i + 1));
    baton.state = await runEngine(engine, { run, started, baton, history, services, exitWaves });
    services.engineDone(engine.name);
  }
  const { iterations } = baton.state!;
  const last = history.iterations.at(-1);
  const seconds = history.iterations.reduce((sum, entry) => sum + entry.duration, 0);
  return {
    files: history.files,
    dumps: history.dumps,
    iterations,
    errors: last?.error ?? null,
    secondsPerIteration: iterations > 0 ? seconds / iterations : null,
    stopped: services.signal.aborted,
  };
}

interface History {
  readonly start: Date;
  readonly iterations: PtyrIteration[];
  localErrors: Float64Array | null;
  lastSave: number;
  readonly files: string[];
  readonly dumps: string[];
}

interface Context {
  readonly run: Run;
  readonly started: Omit<Started, "state">;
  readonly history: History;
  readonly services: RunServices;
}

/** What engines hand on; nothing while one runs, so that nobody holds the probe and the object that it began with. */
interface Baton {
  state: State | null;
}

function handOver({ state, ...started }: Started): { readonly started: Omit<Started, "state">; readonly baton: Baton } {
  return { started, baton: { state } };
}

function takeOver(baton: Baton): State {
  const { state } = baton;
  baton.state = null;
  return state!;
}

/** Whether engines to come go on from exit waves, or save them. */
function needsExitWaves({ parsed }: Run, later: readonly SupportedParams[]): boolean {
  const { autosave } = parsed.p.io;
  return later.length > 0 && (autosave.active || later.some(({ name }) => findEngine(name).usesExitWaves));
}

async function runEngine(
  engine: SupportedParams,
  { exitWaves, baton, ...context }: Context & { readonly exitWaves: boolean; readonly baton: Baton },
): Promise<State> {
  const { run, started: { data }, services } = context;
  const { autosave } = run.parsed.p.io;
  const interval = autosave.active && autosave.interval > 0 ? autosave.interval : Infinity;
  const random = restoreRandom(baton.state!.random);
  const { device, message, notice } = planDevice(engine.name, { data, device: services.device });
  services.log(`engine ${engine.name}: ${engine.numiter} iterations on ${message}`);
  if (notice !== null) (services.warn ?? services.log)(notice);
  // What loading, or the engine before, has left: its memory too.
  await services.tidy();
  const start = await loadEngine({ p: engine, device, data, state: takeOver(baton), random });
  // The state, and what writing the last result has left.
  await services.tidy();
  const session = start();
  const begin = session.iteration;
  try {
    let saved = -1;
    while (session.iteration < engine.numiter && !services.signal.aborted) {
      const due = Math.floor(session.iteration / interval);
      if (due > saved && interval < Infinity) saveDump(await session.save(), context);
      saved = Math.max(saved, due);
      const isFirst = session.iteration === begin;
      await runBlock(session, { engine, context });
      // The code of all passes was generated by now.
      if (isFirst) await services.tidy();
    }
    const state = await session.finish({ exitWaves });
    session.close();
    // Stopped before it did anything, an engine leaves no result of its own.
    if (session.iteration > begin) saveResult(state, { engine: engine.name, iteration: session.iteration, context });
    return state;
  } finally {
    session.close();
  }
}

async function runBlock(
  session: EngineSession,
  { engine, context }: { engine: SupportedParams; context: Context },
): Promise<void> {
  const { history, services } = context;
  const count = Math.min(engine.numiter_contiguous, engine.numiter - session.iteration);
  const begin = services.clock.now();
  const metrics = await session.iterate(count);
  const duration = (services.clock.now() - begin) / 1000;
  const errors = metrics.errors.at(-1)!;
  const iterations = (history.iterations.at(-1)?.iterations ?? 0) + count;
  history.iterations.push({ engine: engine.name, iteration: session.iteration, iterations, duration, error: errors });
  history.localErrors = metrics.localErrors;
  const secondsPerIteration = duration / count;
  services.report({
    engine: engine.name,
    iteration: session.iteration,
    numiter: engine.numiter,
    errors,
    secondsPerIteration,
  });
}

/** Saves what there is before an iteration, under the name of the engine that did the last one, as PtyPy does. */
function saveDump(state: State, context: Context): void {
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

function saveResult(
  state: State,
  { engine, iteration, context }: { engine: string; iteration: number; context: Context },
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
  { kind, state, context, stop }: { kind: "minimal" | "dump"; state: State; context: Context; stop: Date | null },
): void {
  const { run, started, services } = context;
  const runtime = runtimeOf(context, stop);
  exportResult(path, {
    kind,
    model: started.model,
    state,
    p: run.parsed.p,
    tree: run.tree,
    runtime,
    now: services.clock.date(),
  });
  services.log(`wrote ${path}`);
}

function runtimeOf({ run, started, history }: Context, stop: Date | null): PtyrRuntime {
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
