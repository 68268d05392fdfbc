/**
 * Runs an engine block by block, with autosave in between. When a device fails, the next one goes on from the last state that is on the
 * host; without one, or without another device, the run ends and says what is saved.
 */

import { restoreRandom } from "../core/random.ts";
import { isPtychoError } from "../core/errors.ts";
import { type EngineSession, openEngine } from "../core/engines/run_engine.ts";
import type { SupportedParams } from "../core/engines/mod.ts";
import { needOf, placeFrames, placementText } from "../functions/device_plan.ts";
import type { Device } from "../kernels/device.ts";
import { DeviceError, type TaggedError } from "../kernels/errors.ts";
import type { State } from "../kernels/reconstruction.ts";
import type { RunContext } from "./run.ts";
import { saveDump, saveResult } from "./run_files.ts";
import { scheduleSnapshots, type Snapshot, type SnapshotSchedule } from "./snapshots.ts";

/** What an engine begins with. */
export interface EngineStart {
  readonly state: State;
  /** Whether engines to come go on from its exit waves, or save them. */
  readonly exitWaves: boolean;
  readonly context: RunContext;
}

/** An engine at work. */
interface Work extends EngineStart {
  readonly engine: SupportedParams;
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
export async function runEngine(engine: SupportedParams, start: EngineStart): Promise<State> {
  const { state, context } = start;
  const { history } = context;
  const snapshot = { state, localErrors: history.localErrors };
  const work: Work = { ...start, engine, snapshot, iteration: state.iteration, saved: -1 };
  for (;;) {
    const device = history.devices[0]!;
    try {
      return await runOn(device, work);
    } catch (error) {
      if (!isPtychoError(error, "DeviceError")) throw error;
      changeDevice(work, { failed: device, error });
    }
  }
}

async function runOn(device: Device, work: Work): Promise<State> {
  const { engine, context, exitWaves } = work;
  const { started, services } = context;
  const { state } = work.snapshot!;
  const placement = placeFrames(engine.name, { need: needOf(started.data), device });
  services.log(`engine ${engine.name}: ${engine.numiter - state.iteration} iterations on ${placementText(placement)}`);
  const random = restoreRandom(state.random);
  const session = await openEngine({ p: engine, device, data: started.data, state, random });
  try {
    const schedule = scheduleSnapshots(services.clock);
    if (!device.mayBeLost) work.snapshot = null;
    while (session.iteration < engine.numiter && !services.signal.aborted) {
      await saveBefore(session, { work, schedule });
      await runBlock(session, work);
    }
    // Stopped before it did anything, an engine leaves no result of its own.
    if (session.iteration === work.state.iteration) return work.state;
    const end = await session.finish({ exitWaves });
    saveResult(end, { engine: engine.name, iteration: session.iteration, context });
    return end;
  } finally {
    session.close();
  }
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
