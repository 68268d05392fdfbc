/** PtyPy's error histories of its simulated scans, and our runs of the same scans to hold against them. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../cli/command.ts";
import { openPtyd } from "../../core/formats/ptyd.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import type { WrittenTree } from "../../core/parameter_file.ts";
import { exitwave } from "../end_to_end/command_line.ts";

const FIXTURES = join(import.meta.dirname!, "../fixtures");
const SHARED = join(import.meta.dirname!, "../../../shared/data/ptypy_files");

/** Fourier, photon and exit error of an iteration. */
export type ErrorRow = readonly [number, number, number];

/** PtyPy's DM iterations; ML iterations follow. */
export const DM_ITERATIONS = 50;

/** A file of PtyPy: the fixture if there is one, else that of `../shared`; null if there is neither. */
export function ptypyFile(name: string): string | null {
  return [join(FIXTURES, name), join(SHARED, name)].find((path) => existsSync(path)) ?? null;
}

/** The errors that PtyPy reported, one row for each iteration. */
export function ptypyHistory(path: string): ErrorRow[] {
  return (JSON.parse(readFileSync(path, "utf8")) as { errors: ErrorRow[] }).errors;
}

/** DM's power bound, in photons per pixel, for the default relaxation. */
export function powerBoundOf(ptyd: string): number {
  using file = openPtyd(ptyd, { notice: () => {} });
  const { data, shape } = file.frames(0, file.numFrames).data;
  const pixels = shape[1]! * shape[2]!;
  let maxPower = 0;
  for (let frame = 0; frame < file.numFrames; frame++) {
    let power = 0;
    for (let i = frame * pixels; i < (frame + 1) * pixels; i++) power += Number(data[i]);
    maxPower = Math.max(maxPower, power);
  }
  const relaxFactor = 0.05;
  return 0.25 * relaxFactor ** 2 * maxPower / pixels;
}

/** Photons of the first probe in a result. */
export function probePhotons(ptyr: string): number {
  const [probe] = Object.values(readPtyr(ptyr).probe);
  let photons = 0;
  for (const v of probe!.data.data) photons += v * v;
  return photons;
}

/** The parameters that PtyPy stored in `ptyr`, with its frames read from `ptyd`. */
export function storedTree({ ptyr, ptyd }: { readonly ptyr: string; readonly ptyd: string }): StoredTree {
  const pars = readPtyr(ptyr).pars as unknown as StoredTree;
  return {
    data_type: pars.data_type,
    verbose_level: 0,
    io: { autosave: { active: false }, autoplot: { active: false }, interaction: { active: false } },
    scans: { MF: { ...pars.scans.MF, data: { name: "PtydScan", source: "file", dfile: ptyd } } },
    engines: pars.engines,
  };
}

/** The part of a stored tree that these tests change. */
export interface StoredTree extends WrittenTree {
  readonly data_type: string;
  readonly scans: { readonly MF: Readonly<Record<string, unknown>> };
  readonly engines: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Runs a tree as the command line does and returns the errors of all iterations, as the last result tells them. */
export async function runHistory(tree: WrittenTree): Promise<ErrorRow[]> {
  const folder = Deno.makeTempDirSync();
  try {
    const file = join(folder, "history.json");
    writeFileSync(file, JSON.stringify({ ...tree, io: { ...tree.io as object, home: folder } }));
    const { code, out, err } = await exitwave(["run", file, "--quiet", "--json"]);
    assert.equal(code, EXIT.done, err);
    const { files } = JSON.parse(out.trimEnd().split("\n").at(-1)!) as { files: string[] };
    return readPtyr(files.at(-1)!).runtime.iter_info.map(({ error }) => error);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The largest relative deviation of a column, and the iteration (from 1) where it occurs. */
export function largestDeviation(
  ours: readonly ErrorRow[],
  theirs: readonly ErrorRow[],
  column: 0 | 1 | 2,
): { readonly deviation: number; readonly iteration: number } {
  const deviations = ours.map((row, i) => Math.abs(row[column] / theirs[i]![column] - 1));
  const deviation = Math.max(...deviations);
  return { deviation, iteration: deviations.indexOf(deviation) + 1 };
}

/** The largest difference of a column in parts of its greatest value, and the iteration (from 1) where it occurs. */
export function largestDistance(
  ours: readonly ErrorRow[],
  theirs: readonly ErrorRow[],
  column: 0 | 1 | 2,
): { readonly distance: number; readonly iteration: number } {
  const scale = Math.max(...theirs.map((row) => row[column]));
  const distances = ours.map((row, i) => Math.abs(row[column] - theirs[i]![column]) / scale);
  const distance = Math.max(...distances);
  return { distance, iteration: distances.indexOf(distance) + 1 };
}
