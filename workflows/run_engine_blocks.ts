/**
 * Runs an engine block by block, with autosave in between. When a device fails, the next one goes on from the last state that is on the
 * host; without one, or without another device, the run ends and says what is saved.
 */

import { restoreRandom } from "../core/random.ts";
import { isPtychoError } from "../core/errors.ts";
import { type EngineSession, openEngine } from "../core/engines/run_engine.ts";
import type { SupportedParams } from "../core/engines/mod.ts";
import { needOf } from "../kernels/memory_plan.ts";
import { placeFrames, placementText } from "../functions/device_plan.ts";
import type { Device } from "../kernels/device.ts";
import { DeviceError, type TaggedError } from "../kernels/errors.ts";
import type { State } from "../kernels/reconstruction.ts";
import type { RunContext } from "./run.ts";
import { saveDump, saveResult } from "./run_files.ts";
import { scheduleSnapshots, type Snapshot, type SnapshotSchedule } from "./snapshots.ts";

/** What engines hand on; nothing while one runs, so that nobody holds the probe and the object that it began with. */
export interface Baton {
  state: State | null;
}

/** What an engine begins with. */
export interface EngineStart {
  readonly baton: Baton;
  /** Whether engines to come go on from its exit waves, or save them. */
  readonly exitWaves: boolean;
  readonly context: RunContext;
}

/** An engine at work. */
interface Work extends Omit<EngineStart, "baton"> {
  readonly engine: SupportedParams;
  /** Iterations that were done of it before. */
  readonly begin: number;
  /** From where another device can go on; null while the engine runs on a device that cannot be lost. */
  snapshot: Snapshot | null;
  /** Iterations done. */
  iteration: number;
  /** Number of the last autosave; -1 before the first. */
  saved: number;
}

/**
 * Runs an engine to its end, or until the run is stopped, and saves its result.
 *
 * @throws {DeviceError} if a device failed and no other could go on; `fields.saved` is the file that was written last, null if none was
 * @throws any other Exitwave error; what was saved before stays
 */
export async function runEngine(
  engine: SupportedParams,
  { baton, context, exitWaves }: EngineStart,
): Promise<State> {
  const { history } = context;
  const begin = baton.state!.iteration;
  const snapshot = { state: baton.state!, localErrors: history.localErrors };
  baton.state = null;
  const work: Work = { context, exitWaves, engine, begin, snapshot, iteration: begin, saved: -1 };
  for (;;) {
    const device = history.devices[0]!;
    try {
      return await runOn(device, work);
    } catch (error) {
      // Where the memory is too small for a single frame, no other device may take more.
      if (!isPtychoError(error, "DeviceError") || "least" in error.fields) throw error;
      changeDevice(work, { failed: device, error });
    }
  }
}

async function runOn(device: Device, work: Work): Promise<State> {
  const { engine, context, exitWaves } = work;
  const { started, services } = context;
  const placement = placeFrames(engine.name, { need: needOf(started.data), device });
  const left = engine.numiter - work.snapshot!.state.iteration;
  services.log(`engine ${engine.name}: ${left} iterations on ${placementText(placement)}`);
  services.tidy();
  const session = await openOn(device, work);
  try {
    const schedule = scheduleSnapshots(services.clock);
    if (!device.mayBeLost) work.snapshot = null;
    services.tidy();
    while (session.iteration < engine.numiter && !services.signal.aborted) {
      await saveBefore(session, { work, schedule });
      await runBlock(session, work);
    }
    const end = await session.finish({ exitWaves });
    // Stopped before it did anything, an engine leaves no result of its own.
    if (session.iteration > work.begin) {
      saveResult(end, { engine: engine.name, iteration: session.iteration, context });
    }
    return end;
  } finally {
    session.close();
  }
}

function openOn(device: Device, { engine, snapshot, context: { started: { data } } }: Work): Promise<EngineSession> {
  const { state } = snapshot!;
  return openEngine({ p: engine, device, data, state, random: restoreRandom(state.random) });
}

/** Before a block: saves the state for an autosave, a snapshot or both, where one is due. */
async function saveBefore(
  session: EngineSession,
  { work, schedule }: { readonly work: Work; readonly schedule: SnapshotSchedule },
): Promise<void> {
  const { context, snapshot } = work;
  const { active, interval } = context.run.parsed.p.io.autosave;
  const number = active && interval > 0 ? Math.floor(session.iteration / interval) : -1;
  const isAutosave = number > work.saved;
  const isNewer = snapshot !== null && session.iteration > snapshot.state.iteration;
  if (!isAutosave && !(isNewer && schedule.isDue())) return;
  const state = await schedule.take(() => session.save());
  if (isNewer) work.snapshot = { state, localErrors: context.history.localErrors };
  if (isAutosave) saveDump(state, context);
  work.saved = Math.max(work.saved, number);
}

async function runBlock(session: EngineSession, work: Work): Promise<void> {
  const { engine, context: { history, services } } = work;
  const count = Math.min(engine.numiter_contiguous, engine.numiter - session.iteration);
  const begin = services.clock.now();
  const metrics = await session.iterate(count);
  const duration = (services.clock.now() - begin) / 1000;
  const errors = metrics.errors.at(-1)!;
  const { iteration } = session;
  const iterations = (history.iterations.at(-1)?.iterations ?? 0) + count;
  work.iteration = iteration;
  history.iterations.push({ engine: engine.name, iteration, iterations, duration, error: errors });
  history.localErrors = metrics.localErrors;
  const { name, numiter } = engine;
  services.report({ engine: name, iteration, numiter, errors, secondsPerIteration: duration / count });
}

/** Goes back to the snapshot, from where the next device goes on. @throws {DeviceError} if there is none */
function changeDevice(work: Work, { failed, error }: { readonly failed: Device; readonly error: TaggedError }): void {
  const { engine, snapshot, context } = work;
  const { history, services } = context;
  history.devices = history.devices.filter((device) => device !== failed);
  if (snapshot === null) throw endOf(work, error);
  const { iteration } = snapshot.state;
  const repeated = work.iteration - iteration;
  goBack(work, snapshot);
  if (history.devices.length === 0) {
    if (iteration > 0) saveResult(snapshot.state, { engine: engine.name, iteration, context });
    throw endOf(work, error);
  }
  const { name } = history.devices[0]!;
  const change = { from: failed.name, to: name, engine: engine.name, iteration, repeated };
  history.deviceChanges.push({ ...change, reason: error.message });
  const going = iteration === 0 ? `begins${repeated > 0 ? " again" : ""}` : `goes on after iteration ${iteration}`;
  const again = repeated === 1 ? "1 iteration is repeated" : `${repeated || "no"} iterations are repeated`;
  (services.warn ?? services.log)(
    `the ${failed.name} device failed: ${error.message}. ${engine.name} ${going} on the ${name} device; ${again}`,
  );
}

/** Forgets what was done after the snapshot. */
function goBack(work: Work, { state, localErrors }: Snapshot): void {
  const { history } = work.context;
  work.iteration = state.iteration;
  const kept = history.iterations.findLastIndex(({ iterations }) => iterations <= state.iterations) + 1;
  history.iterations.splice(kept);
  history.localErrors = localErrors;
}

/** The error that ends a run whose device failed. */
function endOf({ engine, iteration, context: { history } }: Work, error: TaggedError): DeviceError {
  const { lastFile } = history;
  const done = history.iterations.at(-1)?.iterations ?? 0;
  const saved = lastFile === null
    ? "nothing was saved"
    : lastFile.iterations === done
    ? `everything up to there is saved in ${lastFile.path}`
    : `what was saved last, after ${lastFile.iterations} of ${done} iterations, is in ${lastFile.path}`;
  const fields = { ...error.fields, engine: engine.name, iteration, saved: lastFile?.path ?? null };
  return new DeviceError(
    `${error.message}. The run ends after iteration ${iteration} of ${engine.name}; ${saved}`,
    fields,
    error,
  );
}
