/** Engines against PtyPy's own results: probes, objects, exit waves, positions and local errors after 1 and more iterations. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { openEngine } from "../../core/engines/run_engine.ts";
import type { Device } from "../../kernels/device.ts";
import type { NdArray, Precision } from "../../kernels/nd_array.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { hasOracle, numbers, type OracleResult, readOracleCase, replay } from "./engine_oracle.ts";

/** Double precision: what remains is the order of sums and the rounding of another Fourier transform. */
const DOUBLE = 1e-10;

/**
 * Poisson with floating intensities amplifies rounding: between the recorded objects of PtyPy 0.4 and 0.9, which compute the same,
 * lie 7.5e-8 after five iterations; ours is 4.7e-8 from 0.4 and 1.3e-7 from 0.9.
 */
const POISSON_FLOATING = 2e-7;

/**
 * Single precision: probes, errors and well illuminated pixels agree to about 1e-6; at the rim of the object the quotient of two small
 * sums amplifies the rounding of the stored exit waves (worst case measured: 1.2e-4, DM_simple after five iterations). On wasm these sums
 * are in single precision too (2.3e-4, DM_2modes after five iterations), on webgpu also waves (3.6e-4, DM_simple after five iterations).
 */
const SINGLE: Readonly<Record<string, number>> = { reference: 2e-4, wasm: 5e-4, webgpu: 6e-4 };

const gpu = await gpuForTests();

interface Case {
  readonly name: string;
  /** Largest allowed |difference| / max |expected|. */
  readonly tolerance: number;
  /** Columns of the local errors that mean the same as ours. */
  readonly columns: readonly number[];
}

const CPUS = [createReferenceDevice(), createWasmDevice({ threads: 2 })];

const ML = [
  "ML_gaussian",
  "ML_gaussian_2modes",
  "ML_gaussian_float_reg",
  "ML_gaussian_smooth_precond",
  "ML_poisson",
  "ML_poisson_float",
  "ML_renorm",
];
const DM = ["DM", "DM_2modes", "DM_clip_smooth_support", "DM_posref_annealing", "DM_relax03", "DM_start2"];
const EPIE = ["ePIE", "ePIE_2modes", "ePIE_a05_b08", "ePIE_clip_smooth_center"];
const ONLY_04 = [
  // In 0.9 alpha below 1 and the moment of centring mean something else; FEATURES.md follows 0.4.
  "DM_alpha08_objsecond",
  "DM_probecenter",
  "DM_simple",
  "DM_simple_2modes",
  ...EPIE,
];
const ALL = [0, 1, 2];
/** PtyPy 0.9 does not divide DM's Fourier error by the power bound; the other columns mean the same. */
const NOT_FOURIER = [1, 2];

compareAll("oracle_farfield_v0.4.0.h5", { names: [...DM, ...ML, ...ONLY_04], columns: ALL });
compareAll("oracle_nearfield_v0.4.0.h5", { names: ["DM", "ML_gaussian"], columns: ALL });
compareAll("oracle_farfield_v0.9.0.h5", { names: DM, columns: NOT_FOURIER });
compareAll("oracle_farfield_v0.9.0.h5", { names: ML, columns: ALL });
compareAll("oracle_nearfield_v0.9.0.h5", { names: ["DM", "ML_gaussian"], columns: NOT_FOURIER });
// Poisson cases are left out: their amplification of rounding (see POISSON_FLOATING) makes single precision another trajectory.
compareAll("oracle_farfield_v0.4.0.h5", {
  names: ["DM", "DM_2modes", "DM_posref_annealing", "DM_simple", "ML_gaussian", "ML_gaussian_smooth_precond", "ePIE"],
  columns: ALL,
  precision: "single",
});

// Left out are Poisson, as above, and ePIE_2modes, which amplifies rounding a thousandfold from the first to the fifth iteration: in single
// precision the reference device is 6.8e-4 away then, and the GPU 1.3e-3.
if (gpu !== null) {
  const devices = [createGpuDevice(gpu)];
  const far = [...DM, "DM_simple", "DM_simple_2modes", "DM_probecenter", "DM_alpha08_objsecond"];
  const ml = ML.filter((name) => !name.includes("poisson"));
  compareAll("oracle_farfield_v0.4.0.h5", {
    names: [...far, ...ml, ...EPIE.filter((name) => name !== "ePIE_2modes")],
    columns: ALL,
    precision: "single",
    devices,
  });
  compareAll("oracle_nearfield_v0.4.0.h5", {
    names: ["DM", "ML_gaussian"],
    columns: ALL,
    precision: "single",
    devices,
  });
}

function compareAll(
  file: string,
  { names, columns, precision = "double", devices = CPUS }: {
    readonly names: readonly string[];
    readonly columns: readonly number[];
    readonly precision?: Precision;
    readonly devices?: readonly Device[];
  },
): void {
  const present = hasOracle(file);
  const skipped = present ? "" : " (skipped: ../shared is not here)";
  for (const name of names) {
    for (const device of devices) {
      const single = SINGLE[device.name]!;
      const tolerance = precision === "single" ? single : name === "ML_poisson_float" ? POISSON_FLOATING : DOUBLE;
      Deno.test({
        name: `${name} of ${file} is reproduced on ${device.name} in ${precision} precision to ${tolerance}${skipped}`,
        ignore: !present,
        fn: () => run(file, { name, tolerance, columns, precision, device }),
      });
    }
  }
}

async function run(
  file: string,
  { name, tolerance, columns, precision, device }: Case & { precision: Precision; device: Device },
): Promise<void> {
  const { p, data, state, draws, results } = readOracleCase(file, { name, precision });
  const session = await openEngine({ p, device, data, state, random: replay(draws) });
  const report: string[] = [];
  for (const [iterations, expected] of [...results].sort(([a], [b]) => a - b)) {
    const { localErrors } = await session.iterate(iterations - session.iteration);
    const { arrays } = await session.save();
    const differences = compareResult(expected, { arrays, localErrors, columns });
    for (const [what, value] of Object.entries(differences)) {
      if (!(value < tolerance)) report.push(`${what} after ${iterations}: ${value.toExponential(1)}`);
    }
    if (expected.dlow !== null) assertEquals(origins(arrays["address/S0000"]!), numbers(expected.dlow));
  }
  session.close();
  assert(report.length === 0, report.join(", "));
}

function compareResult(
  expected: OracleResult,
  { arrays, localErrors, columns }: {
    arrays: Readonly<Record<string, NdArray>>;
    localErrors: Float64Array;
    columns: readonly number[];
  },
): Record<string, number> {
  const wanted = numbers(expected.localErrors);
  const column = (values: ArrayLike<number>, c: number) => Array.from(values).filter((_, i) => i % 3 === c);
  const differences: Record<string, number> = {
    probe: difference(numbers(arrays["probe"]!), numbers(expected.probe)),
    object: difference(numbers(arrays["object"]!), numbers(expected.object)),
  };
  for (const c of columns) differences[`error ${c}`] = difference(column(localErrors, c), column(wanted, c));
  const exit = arrays["exitWave/S0000"];
  if (expected.exitFirst2 !== null && exit !== undefined) {
    const first = numbers(expected.exitFirst2);
    differences["exit"] = difference(numbers(exit).slice(0, first.length), first);
  }
  if (expected.positions !== null) {
    differences["positions"] = difference(numbers(arrays["positions"]!), numbers(expected.positions));
  }
  return differences;
}

/** Largest |a - b| relative to the largest |b|; numbers of re and im are compared one by one. */
function difference(a: readonly number[], b: readonly number[]): number {
  assertEquals(a.length, b.length);
  const scale = b.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const worst = a.reduce((max, v, i) => Math.max(max, Number.isNaN(v) ? Infinity : Math.abs(v - b[i]!)), 0);
  return scale === 0 ? worst : worst / scale;
}

/** (oy, ox) of every frame's first mode. */
function origins(address: NdArray): number[] {
  const [rows, columns] = address.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => numbers(address).slice(row * columns + 3, row * columns + 5)).flat();
}
