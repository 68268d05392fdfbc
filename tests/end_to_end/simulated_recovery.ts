/** A scan that is simulated, reconstructed by the command line, and held against its truth. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { writeNpy } from "../../core/formats/npy.ts";
import { compareFiles } from "../../core/metrics/comparand.ts";
import type { Comparison } from "../../core/metrics/compare.ts";
import { layersOf, type PixelRectangle, planeOf } from "../../core/metrics/complex_plane.ts";
import { orthogonalModes } from "../../core/metrics/mode_mixing.ts";
import { createRandom } from "../../core/random.ts";
import { gaussianFilter } from "../../kernels/array/gaussian_filter.ts";
import { complexArray } from "../../kernels/nd_array.ts";
import { exitwave } from "./command_line.ts";

/** What is simulated and how it is reconstructed. */
export interface RecoveryCase {
  readonly propagation: "farfield" | "nearfield";
  /** Parameters of SimScan beside those of geometry and `sample`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What the reconstruction starts from: the beam without what makes it interesting. */
  readonly illumination: Readonly<Record<string, unknown>>;
  readonly modes?: number;
  readonly dm: Readonly<Record<string, unknown>>;
  readonly ml: Readonly<Record<string, unknown>>;
  /** Pixels of the reconstruction to compare; the scanned area if left out. */
  readonly region?: PixelRectangle;
}

/** What came of it. */
export interface Recovered {
  readonly frames: number;
  readonly comparison: Comparison;
  /** Powers of the orthogonal modes of the probe as parts of their sum, the strongest first. */
  readonly powers: { readonly found: readonly number[]; readonly truth: readonly number[] };
  readonly files: { readonly result: string; readonly truth: string };
}

const QUIET = { autosave: false, autoplot: false, interaction: false };

/** Simulates a scan into `folder`, reconstructs it and compares. */
export async function recover(folder: string, o: RecoveryCase): Promise<Recovered> {
  writeSample(join(folder, "sample.npy"));
  const { propagation, modes = 1 } = o;
  const coherence = { num_probe_modes: modes };
  const io = { ...QUIET, home: folder, rfile: "result.ptyr" };
  const sample = { model: "sample.npy", process: null, diversity: null };
  const data = { name: "SimScan", propagation, plot: false, coherence, sample, ...o.data, dfile: "scan.ptyd" };
  const simulated = await call(folder, "simulate", { seed: 3, io, scans: { S: { name: "Full", data } } });
  const { illumination } = o;
  await call(folder, "run", {
    seed: 4,
    io,
    data_type: "single",
    scans: {
      S: { name: "Full", propagation, data: { name: "PtydScan", dfile: "scan.ptyd" }, illumination, coherence },
    },
    engines: {
      a: { name: "DM", numiter_contiguous: 50, probe_support: null, fourier_relax_factor: 0, ...o.dm },
      b: { name: "ML", numiter_contiguous: 50, probe_support: null, scale_precond: true, ...o.ml },
    },
  });
  const files = { result: join(folder, "result.ptyr"), truth: join(folder, "scan_truth.ptyr") };
  const { compared } = compareFiles([files.result, files.truth], {
    kind: "object",
    ...(o.region ? { region: o.region } : {}),
  });
  return {
    frames: JSON.parse(simulated)[0].frames,
    comparison: compared.comparison,
    powers: { found: modePowers(files.result), truth: modePowers(files.truth) },
    files,
  };
}

async function call(folder: string, command: "simulate" | "run", tree: Record<string, unknown>): Promise<string> {
  const file = join(folder, `${command}.json`);
  Deno.writeTextFileSync(file, JSON.stringify(tree));
  const { code, out, err } = await exitwave([
    command,
    file,
    ...command === "simulate" ? ["--json"] : ["--threads", "1"],
  ]);
  assert.equal(code, 0, err);
  return out;
}

/** Powers of the orthogonal modes of a file's probe as parts of their sum. */
function modePowers(path: string): number[] {
  const { data } = Object.values(readPtyr(path).probe)[0]!;
  const modes = orthogonalModes(Array.from({ length: layersOf(data) }, (_, layer) => planeOf(data, layer)));
  const powers = modes.map((mode) => mode.data.reduce((sum, value) => sum + value * value, 0));
  const all = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / all);
}

/** Pixels along a side of the sample. */
const SIDE = 200;

/** A sample with structure at all scales down to a pixel and a half: transmission 0.6 to 1, phases to 1.5 rad. */
function writeSample(path: string): void {
  const random = createRandom(7);
  const field = (sigma: number) => {
    const values = Float64Array.from({ length: SIDE * SIDE }, () => random.normal());
    gaussianFilter(values, { rows: SIDE, cols: SIDE, sigma });
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    return values.map((v) => (v - low) / (high - low));
  };
  const [modulus, phase] = [field(0.7), field(1)];
  const data = new Float64Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    data[2 * i] = (0.6 + 0.4 * modulus[i]!) * Math.cos(1.5 * phase[i]!);
    data[2 * i + 1] = (0.6 + 0.4 * modulus[i]!) * Math.sin(1.5 * phase[i]!);
  }
  writeNpy(path, complexArray(data, [SIDE, SIDE]));
}
