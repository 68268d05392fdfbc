/** The engine configurations that tests run on every device, and the ways to run them: at once, in blocks, with restarts. */

import { dmParams } from "../parameters/engine/dm.ts";
import { dmSimpleParams } from "../parameters/engine/dm_simple.ts";
import { dummyParams } from "../parameters/engine/dummy.ts";
import { epieParams } from "../parameters/engine/epie.ts";
import { mlParams } from "../parameters/engine/ml.ts";
import type { Device } from "../../kernels/device.ts";
import type { ElementArray, NdArray, Precision } from "../../kernels/nd_array.ts";
import type { Data, State } from "../../kernels/reconstruction.ts";
import { createRandom, restoreRandom } from "../random.ts";
import type { SupportedParams } from "./mod.ts";
import { type EngineSession, openEngine } from "./run_engine.ts";
import { syntheticData } from "./synthetic_data.ts";

/** Parameters by title: every engine, plain and with everything that it can do. */
export const ENGINE_CASES: Readonly<Record<string, SupportedParams>> = {
  "DM": dmParams.parse({ name: "DM", probe_update_start: 1 }),
  "DM with everything": dmParams.parse({
    name: "DM",
    alpha: 0.9,
    probe_update_start: 0,
    clip_object: [0.5, 1.2],
    obj_smooth_std: 1.2,
    probe_center_tol: 0.1,
    position_refinement: { start: 1, stop: 9, amplitude: 4e-6, max_shift: 4e-6 },
  }),
  "DM_simple": dmSimpleParams.parse({ name: "DM_simple" }),
  "ML": mlParams.parse({ name: "ML", probe_update_start: 1 }),
  "ML with everything": mlParams.parse({
    name: "ML",
    probe_update_start: 0,
    floating_intensities: true,
    reg_del2: true,
    smooth_gradient: 1.5,
    smooth_gradient_decay: 0.1,
    scale_precond: true,
  }),
  "ML poisson": mlParams.parse({ name: "ML", ML_type: "poisson", floating_intensities: true, probe_update_start: 0 }),
  "ePIE": epieParams.parse({
    name: "ePIE",
    probe_update_start: 1,
    clip_object: [0, 1.5],
    obj_smooth_std: 1,
    synchronization: 2,
    probe_center_tol: 0.1,
  }),
  "Dummy": dummyParams.parse({ name: "Dummy", itertime: 0 }),
};

/** Iterations of a run. */
export const ITERATIONS = 4;

/** An engine, a device and the precision of the made-up data. */
export interface CaseOptions {
  readonly p: SupportedParams;
  readonly device: Device;
  readonly precision: Precision;
}

/** What a run left: all arrays of the state, and the errors. */
export interface CaseRun {
  /** Mean errors of every iteration, as JSON. */
  readonly errors: string;
  readonly localErrors: readonly number[];
  /** The state as text: see `serialize`. */
  readonly state: string;
  readonly arrays: Readonly<Record<string, NdArray>>;
}

/** The made-up data, always the same. */
export function makeStart(precision: Precision): ReturnType<typeof syntheticData> {
  return syntheticData({ precision, random: createRandom(11) });
}

/** Opens an engine with the generator of the state. */
export function openCase(
  { p, device, data, state }: {
    readonly p: SupportedParams;
    readonly device: Device;
    readonly data: Data;
    readonly state: State;
  },
): Promise<EngineSession> {
  return openEngine({ p, device, data, state, random: restoreRandom(state.random) });
}

/** Runs all iterations in blocks of these lengths, in one session. */
export async function runInBlocks({ p, device, precision }: CaseOptions, counts: readonly number[]): Promise<CaseRun> {
  const { data, state } = makeStart(precision);
  const session = await openCase({ p, device, data, state });
  try {
    const errors: unknown[] = [];
    let localErrors: readonly number[] = [];
    for (const count of counts) {
      const metrics = await session.iterate(count);
      errors.push(...metrics.errors);
      localErrors = Array.from(metrics.localErrors);
    }
    const saved = await session.save();
    return { errors: JSON.stringify(errors), localErrors, state: serialize(saved), arrays: saved.arrays };
  } finally {
    session.close();
  }
}

/** Runs all iterations in sessions of these lengths, each of which begins with the stored text of the last one's state. */
export async function runInSessions(
  { p, device, precision }: CaseOptions,
  counts: readonly number[],
): Promise<CaseRun> {
  const errors: unknown[] = [];
  let localErrors: readonly number[] = [];
  let { state } = makeStart(precision);
  for (const count of counts) {
    const session = await openCase({
      p,
      device,
      data: makeStart(precision).data,
      state: deserialize(serialize(state)),
    });
    try {
      const metrics = await session.iterate(count);
      errors.push(...metrics.errors);
      localErrors = Array.from(metrics.localErrors);
      state = await session.save();
    } finally {
      session.close();
    }
  }
  return { errors: JSON.stringify(errors), localErrors, state: serialize(state), arrays: state.arrays };
}

/** A state as JSON text with the bytes of its arrays in hexadecimal, as it would be stored. */
export function serialize({ arrays, ...rest }: State): string {
  const names = Object.keys(arrays).sort();
  const stored = names.map((name) => ({ ...arrays[name]!, name, data: bytesOf(arrays[name]!) }));
  return JSON.stringify({ ...rest, arrays: stored });
}

/** The state behind the text of `serialize`. */
export function deserialize(text: string): State {
  const { arrays, ...rest } = JSON.parse(text);
  const loaded: Record<string, NdArray> = {};
  for (const { name, dtype, shape, data } of arrays) {
    const raw = Uint8Array.from(data.match(/../g) ?? [], (pair: string) => parseInt(pair, 16)).buffer;
    loaded[name] = { dtype, shape, data: elementsOf(dtype, raw) };
  }
  return { ...rest, arrays: loaded };
}

/** The bytes of an array in hexadecimal. */
export function bytesOf({ data }: NdArray): string {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function elementsOf(dtype: string, raw: ArrayBuffer): ElementArray {
  if (dtype === "int32") return new Int32Array(raw);
  return dtype === "complex64" || dtype === "float32" ? new Float32Array(raw) : new Float64Array(raw);
}
