/**
 * A reconstruction in this process that survives its end: what was done is in a journal and in artifacts beside the results, and the same
 * run, started again, goes on from there.
 */

import { join } from "node:path";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { anywhere } from "../functions/data_root.ts";
import { describeParameters } from "../functions/describe.ts";
import type { Json } from "../core/json.ts";
import { reviveError } from "../core/revive_error.ts";
import { createDevicePool } from "../functions/device_pool.ts";
import type { Invoke } from "../functions/invoke.ts";
import { invokeHere } from "../functions/local_invoke.ts";
import { createLocalArtifacts } from "../functions/local_artifacts.ts";
import { planOutputs } from "../functions/output_files.ts";
import type { StageContext } from "../functions/stage.ts";
import { createWarmRuns, type WarmRuns } from "../functions/warm_runs.ts";
import type { Device } from "../kernels/device.ts";
import { type EmbeddedOptions, type EmbeddedOrchestrator, isOwned, openEmbeddedOrchestrator } from "./embedded.ts";
import {
  forgetRun,
  identityOf,
  inputOf,
  otherFolders,
  RECONSTRUCT,
  removeFolder,
  runFolder,
} from "./local_submission.ts";
import { isFatal, RunInterrupted, type RunView, type Workflows } from "./orchestrator.ts";
import { reconstructBy, type RunOutcome, type RunProgress } from "./recipe.ts";
import { type DeviceChange, type RunEvents, type RunWatch, watchRun } from "./run_watch.ts";

/** A run: parsed parameters, the tree as written, and the name that goes into file names. */
export interface Run {
  readonly parsed: ParsedPtycho;
  readonly tree: Readonly<Record<string, unknown>>;
  readonly name: string;
}

/** What a run needs beside its parameters. */
export interface RunServices extends RunEvents, Pick<StageContext, "clock" | "scratch" | "tidy" | "modules"> {
  /** Whether to begin anew where the same run ended before its end. */
  readonly isFresh?: boolean;
  /** Where to compute, best first: the next goes on when one fails. */
  readonly devices: readonly Device[];
  /** Resolves a path of the parameter tree. */
  path(relative: string): string;
  /** Says what the user must not miss. */
  warn(message: string): void;
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
  /** Devices that failed, and where the run went on; usually none. */
  readonly deviceChanges: readonly DeviceChange[];
}

/**
 * Reconstructs, or goes on where the same run (parameters, data files, version) ended before.
 *
 * @throws any Exitwave error; what was saved before stays, and where trying again may help the run goes on when it is started again
 * @see PtyPy 0.4: Ptycho.run (differs: a block may be longer than `io.autosave.interval`, then every block is saved)
 */
export async function reconstruct(run: Run, services: RunServices): Promise<RunResult> {
  const { p } = run.parsed;
  const outputs = planOutputs(p, { name: run.name, path: services.path });
  const id = identityOf(run, services.path);
  const folder = services.path(runFolder(id));
  const isNew = !isThere(folder);
  const store = createLocalArtifacts(join(folder, "artifacts"));
  using warm = createWarmRuns();
  const watch = watchRun(invokeOf(services, { store, warm }), {
    events: services,
    outputs,
    details: describeParameters(p),
    numiterOf: (label) => p.engines[label]!.numiter,
    leave: () => void runs.stop(),
  });
  const runs = openRuns({ [RECONSTRUCT]: reconstructBy(watch.invoke) }, { folder, isNew, log: services.warn });
  let isForgotten = false;
  try {
    considerOthers(folder, services);
    const end = await work(runs, { id, run, store, watch, services });
    if (end === null) return await stoppedResult(watch, { id, run, store, services });
    const error = end.error === null ? null : reviveError(end.error);
    // What failed through the user's parameters or data would fail again.
    isForgotten = error === null || isFatal(error);
    if (error !== null) throw watch.failure(error);
    return doneResult(end, watch);
  } finally {
    await runs.stop();
    if (isForgotten) removeFolder(folder);
  }
}

/** Opens the journal; where it cannot be opened, nothing is left that was not there before. */
function openRuns(
  workflows: Workflows,
  { isNew, ...options }: EmbeddedOptions & { readonly isNew: boolean },
): EmbeddedOrchestrator {
  try {
    return openEmbeddedOrchestrator(workflows, options);
  } catch (e) {
    if (isNew) removeFolder(options.folder);
    throw e;
  }
}

function isThere(folder: string): boolean {
  try {
    return Deno.lstatSync(folder).isDirectory;
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) return false;
    throw e;
  }
}

interface Work {
  readonly id: string;
  readonly run: Run;
  readonly store: ArtifactStore;
  readonly services: RunServices;
}

/** Submits the run, or goes on with it, until its end; null if it was stopped. */
async function work(
  runs: EmbeddedOrchestrator,
  { id, run, store, watch, services }: Work & { readonly watch: RunWatch },
): Promise<RunView | null> {
  if (services.isFresh) await forgetRun(runs, { id, store });
  const known = await runs.view(id);
  if (known === null) {
    const input = await inputOf(run, { id, store, now: services.clock.date() });
    await runs.submit(RECONSTRUCT, id, input as unknown as Json);
  } else {
    const progress = known.progress as unknown as RunProgress | null;
    if (progress !== null) {
      services.warn(
        `the same run ended before after ${progress.iterations} iterations and goes on; --fresh begins anew`,
      );
      watch.resume(progress);
    }
    await runs.resume(id);
  }
  try {
    return await runs.result(id);
  } catch (e) {
    if (e instanceof RunInterrupted && e.why === "stopped") return null;
    throw e;
  }
}

/** What other runs of the same name left is the user's, who is told of it, until he wants a fresh start. */
function considerOthers(folder: string, { isFresh, warn }: RunServices): void {
  const left = otherFolders(folder).filter((other) => !isOwned(other));
  if (left.length === 0) return;
  if (isFresh) return left.forEach(removeFolder);
  const what = left.length === 1 ? "a run of this name that has" : `${left.length} runs of this name that have`;
  warn(
    `found ${what} other parameters or data and ended before the end; typed again as it was, it goes on; --fresh ` +
      `removes what is kept of it in ${join(folder, "..")}`,
  );
}

function doneResult({ result }: RunView, { deviceChanges }: RunWatch): RunResult {
  const { files, dumps, iterations, errors, secondsPerIteration } = result as unknown as RunOutcome;
  return { files, dumps, iterations, errors, secondsPerIteration, stopped: false, deviceChanges };
}

/** Saves where the run stands. */
async function stoppedResult(watch: RunWatch, { id, run, store, services }: Work): Promise<RunResult> {
  const { standing, worked } = watch;
  if (standing !== null && watch.files.at(-1)?.iterations !== standing.iterations) {
    const { prepared, state, label } = standing;
    const parameters = (await inputOf(run, { id, store, now: services.clock.date() })).parameters;

    const input = { run: id, parameters, prepared, state, engine: label, started: services.clock.date().toISOString() };
    await watch.save(input);
  }
  return {
    files: watch.files.map(({ file }) => file),
    dumps: watch.dumps.map(({ file }) => file),
    iterations: standing?.iterations ?? 0,
    errors: standing?.errors ?? null,
    secondsPerIteration: worked.iterations > 0 ? worked.seconds / worked.iterations : null,
    stopped: true,
    deviceChanges: watch.deviceChanges,
  };
}

function invokeOf(
  services: RunServices,
  { store: artifacts, warm }: { readonly store: ArtifactStore; readonly warm: WarmRuns },
): Invoke {
  const { clock, scratch, modules, tidy, log } = services;
  const devices = createDevicePool(services.devices);
  const said = new Set<string>();
  // A model that is opened again warns again.
  const warn = (message: string) => {
    if (!said.has(message)) services.warn(message);
    said.add(message);
  };
  return invokeHere({
    contextOf: (signal) => ({
      artifacts,
      warm,
      devices,
      files: anywhere,
      scratch,
      modules,
      tidy,
      clock,
      log,
      warn,
      signal,
    }),
    failed: (error) => services.warn(error instanceof Error ? error.stack ?? error.message : String(error)),
  });
}
