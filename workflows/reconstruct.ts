/** The recipe of a reconstruction: load, start, blocks of each engine with autosave in between, export. */

import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import { describeParameters, describeScans, describeStorages } from "../functions/describe.ts";
import { loadScans, sortedEngines } from "../functions/load.ts";
import { planOutputs, tryOutputs } from "../functions/output_files.ts";
import { type Started, startModel } from "../functions/start.ts";
import type { DeviceChange, History, Run, RunServices } from "./run.ts";
import { type Baton, runEngine } from "./run_engine_blocks.ts";

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
  /** Devices that failed, and where the run went on; usually none. */
  readonly deviceChanges: readonly DeviceChange[];
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
  await services.tidy();
  services.started();
  const history = beginHistory(services);
  const context = { run, started, history, services };
  // checkSupported() has refused the engines that are not built.
  const engines = sortedEngines(p).map(([, engine]) => engine as SupportedParams);
  for (const [i, engine] of engines.entries()) {
    if (services.signal.aborted) break;
    const exitWaves = needsExitWaves(run, engines.slice(i + 1));
    baton.state = await runEngine(engine, { baton, exitWaves, context });
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
    deviceChanges: history.deviceChanges,
  };
}

function handOver({ state, ...started }: Started): { readonly started: Omit<Started, "state">; readonly baton: Baton } {
  return { started, baton: { state } };
}

function beginHistory({ clock, devices }: RunServices): History {
  return {
    start: clock.date(),
    iterations: [],
    localErrors: null,
    lastSave: 0,
    files: [],
    dumps: [],
    lastFile: null,
    devices,
    deviceChanges: [],
  };
}

/** Whether engines to come go on from exit waves, or save them. */
function needsExitWaves({ parsed }: Run, later: readonly SupportedParams[]): boolean {
  const { autosave } = parsed.p.io;
  return later.length > 0 && (autosave.active || later.some(({ name }) => findEngine(name).usesExitWaves));
}
