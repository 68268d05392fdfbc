/** Running an engine over a state: the only place between a run and a device. */

import type { Device, Resident } from "../../kernels/device.ts";
import { REPORT_COLUMNS, reportIteration } from "../../kernels/metrics/report.ts";
import { wholeCall } from "../../kernels/pass.ts";
import type { Data, LoadedState, Metrics, State, StateHead } from "../../kernels/reconstruction.ts";
import type { ArraySink, LoadedArray } from "../../kernels/state_arrays.ts";
import { DivergedError, UnsupportedError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { Iterate } from "./engine.ts";
import { findEngine, type SupportedParams } from "./mod.ts";
import { diffractionStatistics } from "./statistics.ts";

/** What a session begins with. */
export interface EngineOptions {
  /** Parameters of the engine; `name` chooses it. */
  readonly p: SupportedParams;
  readonly device: Device;
  readonly data: Data;
  /**
   * Where to go on: the end of another engine (`iteration` 0) or the middle of this one. Arrays that are read by range must stay readable as
   * long as the session is open.
   */
  readonly state: LoadedState;
  /** Restored from `state.random`. */
  readonly random: Random;
  /** Is told where fewer frames stay on the device than planned. */
  readonly log?: (message: string) => void;
}

/** An engine at work on a device. */
export interface EngineSession {
  /** Iterations done by this engine. */
  readonly iteration: number;
  /**
   * Does one block of iterations, and awaits `before` before each. What that throws leaves the block in its middle: then the session can
   * only be closed.
   * @throws {DivergedError} if an error, the probe or the object is no longer finite
   */
  iterate(count: number, options?: { readonly before?: () => Promise<void> }): Promise<Metrics>;
  /** The state in the middle of this engine, enough to continue it elsewhere to the same bytes; with fewer arrays, to look at. */
  save(isWanted?: (name: string) => boolean): Promise<State>;
  /** The same state: its arrays go into the sink, piece by piece, the rest is returned. */
  saveInto(sink: ArraySink): Promise<StateHead>;
  /**
   * The state at the end of this engine: what the next engine begins with. Exit waves, the bulk of it, may be left out where no later
   * engine goes on from them.
   */
  finish(options?: FinishOptions): Promise<State>;
  /** The same state: its arrays go into the sink, piece by piece, the rest is returned. */
  finishInto(sink: ArraySink, options?: FinishOptions): Promise<StateHead>;
  /** Gives the device's memory back. */
  close(): void;
}

/** What of a state is handed on at the end of an engine. */
export interface FinishOptions {
  readonly exitWaves: boolean;
}

/** Arrays that outlive the engine that made them, by name or by prefix up to a slash. */
const COMMON = new Set(["probe", "object", "positions", "exitWave", "address"]);

/** Loads data and state onto the device and starts or continues an engine. */
export async function openEngine(options: EngineOptions): Promise<EngineSession> {
  return (await loadEngine(options))();
}

/** Loads data and state onto the device. What is returned starts or continues the engine, once; it does not hold the state. */
export async function loadEngine({ p, device, data, state, random, log }: EngineOptions): Promise<() => EngineSession> {
  refuseVolumes(p.name, data);
  const begin = state.iteration === 0 ? { ...state, arrays: commonArrays(state.arrays) } : state;
  const resident = await device.load(data, begin, { waves: findEngine(p.name).waves, log });
  const { iteration, iterations } = state;
  return () => {
    try {
      return startSession(resident, { p, data, random, iteration, iterations });
    } catch (e) {
      resident[Symbol.dispose]();
      throw e;
    }
  };
}

/** @throws {UnsupportedError} for blocks of volumes, on which no engine of frames can work */
function refuseVolumes(engine: string, { blocks }: Data): void {
  const block = blocks.find(({ planes }) => planes !== undefined);
  if (block === undefined) return;
  throw new UnsupportedError(
    `Cannot run ${engine} on scan "${block.label}": found volumes of ${block.planes} x ${block.rows} x ${block.cols}, expected frames; ` +
      "DM_3dBragg, the engine of volumes, is not built",
    { engine, scan: block.label },
  );
}

function startSession(
  resident: Resident,
  { p, data, random, ...begin }:
    & Pick<EngineOptions, "p" | "data" | "random">
    & Pick<State, "iteration" | "iterations">,
): EngineSession {
  const engine = findEngine(p.name);
  const errors = resident.alloc("errors", {
    element: "wide",
    count: 3,
    extent: "frames",
    perMode: engine.errorsPer === "pod",
  });
  const statistics = diffractionStatistics(data);
  const record: Iterate = engine.start({ resident, errors, statistics, random }, p);
  let done = begin.iteration;
  const offset = begin.iterations - begin.iteration;

  async function iterate(count: number, { before }: { readonly before?: () => Promise<void> } = {}): Promise<Metrics> {
    const report = resident.alloc("report", { element: "wide", count: count * REPORT_COLUMNS });
    const { probe, object } = resident;
    for (let row = 0; row < count; row++) {
      await before?.();
      record(done + row);
      resident.run(wholeCall(reportIteration, { report, errors, probe, object }, { row }));
    }
    const [rows, localErrors] = await resident.flush([report, errors]);
    resident.free(report);
    const metrics = Array.from(
      { length: count },
      (_, i) => rows!.subarray(i * REPORT_COLUMNS, (i + 1) * REPORT_COLUMNS),
    );
    const bad = metrics.findIndex((row) => row[3] !== 0);
    if (bad >= 0) throw diverged(p.name, done + bad + 1);
    done += count;
    return { errors: metrics.map((row) => [row[0]!, row[1]!, row[2]!] as const), localErrors: localErrors! };
  }

  const head = (iteration: number): StateHead => ({
    iterations: offset + done,
    iteration,
    random: random.state(),
    scalars: {},
  });

  return {
    get iteration() {
      return done;
    },
    iterate,
    save: async (isWanted) => ({ ...head(done), arrays: await resident.save(isWanted) }),
    async saveInto(sink) {
      await resident.saveInto(sink);
      return head(done);
    },
    finish: async (options) => ({ ...head(0), arrays: await resident.save(isHandedOn(options)) }),
    async finishInto(sink, options) {
      await resident.saveInto(sink, isHandedOn(options));
      return head(0);
    },
    close: () => resident[Symbol.dispose](),
  };
}

function isHandedOn({ exitWaves }: FinishOptions = { exitWaves: true }): (name: string) => boolean {
  return (name) => isCommon(name) && (exitWaves || !name.startsWith("exitWave/"));
}

function commonArrays(arrays: Readonly<Record<string, LoadedArray>>): Record<string, LoadedArray> {
  return Object.fromEntries(Object.entries(arrays).filter(([name]) => isCommon(name)));
}

function isCommon(name: string): boolean {
  return COMMON.has(name.split("/")[0]!);
}

function diverged(engine: string, iteration: number): DivergedError {
  return new DivergedError(
    `Cannot continue ${engine}: found numbers that are not finite after iteration ${iteration}, expected finite probe, ` +
      "object and errors; check the data for outliers, the mask and the initial probe",
    { engine, iteration },
  );
}
