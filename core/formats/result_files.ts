/** A reconstruction in the formats of other programs: which files it becomes, and what is in them. */

import { type NdArray, type RealArray, sizeOf } from "../../kernels/nd_array.ts";
import { checkTarget } from "./atomic_file.ts";
import { writeCxiResult } from "./cxi_result.ts";
import { writeNpy } from "./npy.ts";
import { type Ptyr, type PtyrStorage, writePtyr } from "./ptyr.ts";
import { type TiffPage, writeTiff } from "./tiff_writer.ts";

/** Formats of reconstructions. */
export const RESULT_FORMATS = ["ptyr", "cxi", "nxcxi", "tiff", "npy"] as const;

/** One of them. */
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** A file to be. */
export interface ResultFile {
  readonly path: string;
  /** Writes it, under this name or another. */
  write(path: string): void;
}

/**
 * The files of a reconstruction: `base` with an ending for a format of one file (`.ptyr`, `.cxi`, `.nxs`); for pictures and arrays
 * `base_object`, `base_probe` and so on, with the storage's ID where there are several. Layers are pages, or the first axis.
 * Amplitudes and phases (radians) are float32.
 */
export function resultFiles(
  content: Ptyr,
  { to, base, now }: { readonly to: ResultFormat; readonly base: string; readonly now: Date },
): ResultFile[] {
  switch (to) {
    case "ptyr":
      return [fileOf(`${base}.ptyr`, (path) => writePtyr(path, { ...content, kind: "minimal" }, { now }))];
    case "cxi":
      return [fileOf(`${base}.cxi`, (path) => writeCxiResult(path, content, { form: "cxi", now }))];
    case "nxcxi":
      return [fileOf(`${base}.nxs`, (path) => writeCxiResult(path, content, { form: "nxcxi", now }))];
    case "tiff":
      return named(content).flatMap(({ name, storage }) => tiffFiles(`${base}_${name}`, storage));
    case "npy":
      return [
        ...named(content).map(({ name, storage }) =>
          fileOf(`${base}_${name}.npy`, (path) => writeNpy(path, storage.data))
        ),
        ...positionsOf(content).map(({ name, array }) =>
          fileOf(`${base}_${name}.npy`, (path) => writeNpy(path, array))
        ),
      ];
  }
}

/** Writes all files, after it was looked whether they may have these names. @throws {DataError} if one cannot be written */
export function writeResultFiles(files: readonly ResultFile[]): void {
  for (const { path } of files) checkTarget(path);
  for (const { path, write } of files) write(path);
}

function fileOf(path: string, write: (path: string) => void): ResultFile {
  return { path, write };
}

/** Storages with the names of their files. */
function named({ obj, probe }: Ptyr): { name: string; storage: PtyrStorage }[] {
  return [["object", obj] as const, ["probe", probe] as const].flatMap(([kind, storages]) => {
    const all = Object.values(storages);
    return all.map((storage) => ({ name: all.length === 1 ? kind : `${kind}_${storage.ID}`, storage }));
  });
}

function positionsOf({ positions }: Ptyr): { name: string; array: NdArray }[] {
  const all = Object.entries(positions);
  return all.map(([ID, array]) => ({ name: all.length === 1 ? "positions" : `positions_${ID}`, array }));
}

function tiffFiles(base: string, { ID, data, psize }: PtyrStorage): ResultFile[] {
  const parts = [["amplitude", Math.hypot, ""], [
    "phase",
    (re: number, im: number) => Math.atan2(im, re),
    " in rad",
  ]] as const;
  return parts.map(([name, of, unit]) =>
    fileOf(`${base}_${name}.tiff`, (path) => {
      const description = `${name}${unit} of ${ID}, pixels of ${psize[0]} m x ${psize[1]} m`;
      writeTiff(path, pagesOf(data, of), { psize, description });
    })
  );
}

function pagesOf({ data, shape }: NdArray<RealArray>, of: (re: number, im: number) => number): TiffPage[] {
  const [rows, cols] = shape.slice(-2) as [number, number];
  const pixels = rows * cols;
  return Array.from({ length: sizeOf(shape) / pixels }, (_, layer) => {
    const page = new Float32Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const at = 2 * (layer * pixels + i);
      page[i] = of(data[at]!, data[at + 1]!);
    }
    return { data: page, shape: [rows, cols] };
  });
}
