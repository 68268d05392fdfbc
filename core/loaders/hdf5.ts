/** Frames, positions and corrections from HDF5 files of any layout. */

import { sizeOf } from "../../kernels/nd_array.ts";
import { isPtychoError, ParameterError } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import { type Hdf5Frames, openFrames } from "../formats/hdf5_frames.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { Hdf5LoaderParams } from "../parameters/scandata/hdf5_loader.ts";
import { checkDivisors, createCorrector, type FrameField } from "./frame_corrections.ts";
import { foundInFiles } from "./hdf5_geometry.ts";
import { openLiveFrames, waitForAll } from "./hdf5_live.ts";
import { createFiles, type Hdf5Files, type Hdf5Source, openField, type OuterIndex } from "./hdf5_sources.ts";
import { readMotor, readPerFrame, sourceText } from "./hdf5_sources.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";
import { finalScanShape, framesOfPart, layoutOf, type MotorAxis, type ScanLayout } from "./scan_layout.ts";

/** Files, and what is needed to name and open them. */
interface Sources {
  readonly p: Hdf5LoaderParams;
  readonly files: Hdf5Files;
  readonly services: LoaderServices;
  readonly outer: OuterIndex | null;
}

type Motors = { readonly slow: MotorAxis; readonly fast: MotorAxis };

/**
 * Frames (slow, fast, y, x) or (frame, y, x), read by range, with positions in any of the layouts of `layoutOf`. Dark field, flat field and
 * normalisation act in double precision in this order. Energy, distance and pixel size that parameters say where to find are used
 * instead of `energy`, `distance` and `psize`. What `is_swmr` is read while it is written.
 *
 * @throws {ParameterError} for parameters that are missing or do not fit the data
 * @throws {DataError} for data sets that are missing, of another shape, or whose values cannot be used
 * @see PtyPy 0.9: Hdf5Loader (differs: corrections are not rounded to the detector's type; slow bounds act on the slow axis of every layout;
 * scans that are being written are read, as 0.3 had planned)
 */
export const hdf5 = defineLoader<Hdf5LoaderParams>({
  name: "Hdf5Loader",
  open(p, services) {
    checkGroups(p);
    const files = createFiles({ live: LIVE_GROUPS.some((group) => p[group].is_swmr) });
    try {
      return openScan(p, { files, services });
    } catch (error) {
      files[Symbol.dispose]();
      throw error;
    }
  },
});

function openScan(p: Hdf5LoaderParams, { files, services }: Pick<Sources, "files" | "services">): OpenScan {
  waitForSmall(p, services);
  const source = { file: files.open(services.path(p.intensities.file!)), key: p.intensities.key! };
  const outer = outerOf(source, p.outer_index);
  const sources: Sources = { p, files, services, outer };
  const asStored = openFrames(source.file, source.key, { outer: p.outer_index });
  const layout = pairPositions(asStored, { source, sources });
  const numbers = framesOfPart(layout.shape, partOf(layout, sources));
  const like = { ...asStored, scanShape: layout.finalShape };
  const frames = p.intensities.is_swmr ? liveFrames(source, { p, like }) : like;
  const total = sizeOf(layout.shape);
  const normalisation = normalisationOf(sources, { like, total, used: numbers });
  const corrector = createCorrector(frames.shape, {
    dark: fieldOf("darkfield", { sources, like }),
    flat: fieldOf("flatfield", { sources, like }),
    normalisation,
    mask: fieldOf("mask", { sources, like }),
    isMaskInverted: p.mask.invert,
    saturation: p.saturation,
    padding: paddingOf(p.padding),
  });
  if (p.darkfield.key !== null) services.log("counts below the dark field are taken as 0");
  const { found, settled } = foundInFiles(p, { sourceOf: (group) => optionalSource(group, sources), outer });
  return {
    numFrames: numbers.length,
    positions: layout.positions === null ? null : picked(layout.positions, numbers),
    weight: corrector.weight,
    source: sourceText(source),
    found,
    settled,
    frames(start, stop) {
      const some = numbers.subarray(start, stop);
      return corrector.correct(frames.read(some), some);
    },
    [Symbol.dispose]: () => files[Symbol.dispose](),
  };
}

/** Groups of what may be read while it is written. */
const LIVE_GROUPS = ["intensities", "positions", "normalisation"] as const;

/** @throws {ParameterError} if it is not said where the frames are, or what tells that they are complete */
function checkGroups(p: Hdf5LoaderParams): void {
  const issues = (["file", "key"] as const).filter((name) => p.intensities[name] === null).map((name) => ({
    path: `scans.*.data.intensities.${name}`,
    message: `found None, expected the ${name === "file" ? "file with the frames" : "path of the frames in it"}`,
  }));
  for (const group of LIVE_GROUPS) {
    if (!p[group].is_swmr || p[group].live_key !== null) continue;
    const message = "found None beside is_swmr, expected the data set that tells what is complete";
    issues.push({ path: `scans.*.data.${group}.live_key`, message });
  }
  if (issues.length > 0) throw new ParameterError(issues);
}

/** Waits for all positions and normalisation values, which must be known before the first frame. */
function waitForSmall(p: Hdf5LoaderParams, services: LoaderServices): void {
  const { bounding_box: box, skip } = p.positions;
  const isWhole = box.fast_axis_bounds === null && box.slow_axis_bounds === null && skip === 1 &&
    p.framefilter.key === null && p.frameorder.indices === null;
  for (const group of ["positions", "normalisation"] as const) {
    const { is_swmr, live_key, file } = p[group];
    if (!is_swmr) continue;
    services.log(`waiting for the ${group} of the scan that is being taken`);
    waitForAll(services.path(file ?? p.intensities.file!), {
      what: group,
      liveKey: live_key!,
      enough: isWhole ? p.num_frames : null,
    });
  }
}

function liveFrames(source: Hdf5Source, { p, like }: { p: Hdf5LoaderParams; like: Hdf5Frames }): Hdf5Frames {
  return openLiveFrames(source, { liveKey: p.intensities.live_key!, outer: p.outer_index, like });
}

function outerOf({ file, key }: Hdf5Source, index: number | null): OuterIndex | null {
  return index === null ? null : { index, length: file.shape(key)[0] ?? 0 };
}

/** A data set that a group of parameters names; null if it names none. Without a file it is in that of the frames. */
function optionalSource(
  { file, key }: { readonly file: string | null; readonly key: string | null },
  { p, files, services }: Sources,
): Hdf5Source | null {
  if (key === null) return null;
  return { file: files.open(services.path(file ?? p.intensities.file!)), key };
}

interface PairedLayout extends ScanLayout {
  /** Axes of the frames when all are there. */
  readonly finalShape: readonly number[];
}

function pairPositions(
  frames: Hdf5Frames,
  { source, sources }: { source: Hdf5Source; sources: Sources },
): PairedLayout {
  const { p, outer } = sources;
  const pair = (motors: Motors | null): PairedLayout => {
    const finalShape = p.intensities.is_swmr && motors !== null
      ? finalScanShape(frames.scanShape.length, motors)
      : frames.scanShape;
    return { ...layoutOf(finalShape, motors, sourceText(source)), finalShape };
  };
  if (outer === null) return pair(motorsOf(sources, null));
  try {
    return pair(motorsOf(sources, null));
  } catch (error) {
    // Motors may have the outer axis too.
    if (!isPtychoError(error, "DataError")) throw error;
    return pair(motorsOf(sources, outer));
  }
}

function motorsOf(sources: Sources, outer: OuterIndex | null): Motors | null {
  const { p: { positions } } = sources;
  const { file, slow_key, fast_key } = positions;
  if (slow_key === null && fast_key === null) return null;
  const motor = (name: "slow" | "fast"): MotorAxis => {
    const source = optionalSource({ file, key: positions[`${name}_key`] }, sources);
    if (source === null) {
      const message = "found None beside the key of the other axis, expected the positions along this one";
      throw new ParameterError([{ path: `scans.*.data.positions.${name}_key`, message }]);
    }
    return readMotor(source, {
      multiplier: positions[`${name}_multiplier`],
      index: positions[`${name}_index`],
      outer,
    });
  };
  return { slow: motor("slow"), fast: motor("fast") };
}

function partOf(layout: ScanLayout, sources: Sources): Parameters<typeof framesOfPart>[1] {
  const { p, outer, services } = sources;
  const { bounding_box: box, skip } = p.positions;
  const filter = optionalSource(p.framefilter, sources);
  const { indices } = p.frameorder;
  const order = typeof indices === "string"
    ? toNumbers(loadArray(placeReference(indices, services.path)))
    : indices === null
    ? null
    : Float64Array.from(indices.flat() as number[]);
  return {
    slowBounds: box.slow_axis_bounds,
    fastBounds: box.fast_axis_bounds,
    skip,
    filter: filter === null ? null : readPerFrame(filter, { frames: sizeOf(layout.shape), outer }),
    order,
  };
}

function fieldOf(
  name: "darkfield" | "flatfield" | "mask",
  { sources, like }: { sources: Sources; like: Hdf5Frames },
): FrameField | null {
  const source = optionalSource(sources.p[name], sources);
  return source === null ? null : openField(source, { like, outer: sources.outer });
}

/** A divisor for each frame, or for each pixel where the data set has the axes of the frames too. */
function normalisationOf(
  sources: Sources,
  { like, total, used }: { like: Hdf5Frames; total: number; used: Int32Array },
): Float64Array | FrameField | null {
  const source = optionalSource(sources.p.normalisation, sources);
  if (source === null) return null;
  const shape = source.file.shape(source.key);
  const isField = shape.length > 2 && shape.at(-2) === like.shape[0] && shape.at(-1) === like.shape[1];
  if (isField && sizeOf(shape) !== total) return openField(source, { like, outer: sources.outer });
  const values = readPerFrame(source, { frames: total, outer: sources.outer });
  checkDivisors(values, { used, source: sourceText(source) });
  return values;
}

function paddingOf(padding: Hdf5LoaderParams["padding"]): readonly [number, number, number, number] {
  return typeof padding === "number" ? [padding, padding, padding, padding] : padding ?? [0, 0, 0, 0];
}

function picked(positions: Float64Array, numbers: Int32Array): Float64Array {
  return Float64Array.from({ length: 2 * numbers.length }, (_, i) => positions[2 * numbers[i >> 1]! + i % 2]!);
}
