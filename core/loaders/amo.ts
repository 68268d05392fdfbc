/** Scans of the AMO and CXI instruments of the LCLS, as hummingbird writes them. */

import { assertFits, correctDarkFlat, type CorrectionFrame, meanFrame } from "../corrections/dark_flat.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import type { AmoScanParams } from "../parameters/scandata/amo_scan.ts";
import { type FrameReader, hdf5Frames, readCorrection, scanOver } from "./frame_reader.ts";
import { joinColumns, need, readColumn, readMask } from "./instrument_files.ts";
import { defineLoader, type LoaderServices } from "./loader.ts";

/**
 * `data/photons` (frame, y, x) of `data_file`, positions `data/posy` and `data/posx` times `motors_multiplier`. Pixels below
 * `threshold_correct` become 0. The dark frame is the data set `dark` of `dark_file` (y, x), or else the mean of its `data/photons`;
 * so is `flat` of `flat_file`.
 *
 * @throws {ParameterError} without `data_file`
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: AMOScan (differs: dark and flat frames are applied, frames are read by range)
 */
export const amo = defineLoader<AmoScanParams>({
  name: "AMOScan",
  open(p, services) {
    const path = services.path(need(p.data_file, "data_file", "the HDF5 file with frames and positions"));
    const frames = hdf5Frames(path, "data/photons");
    return scanOver(frames, () => ({
      positions: p.positions_theory === null ? readPositions(path, p.motors_multiplier) : null,
      weight: p.mask_file === null
        ? null
        : readMask(services.path(p.mask_file), { dataset: "mask", shape: frames.shape }),
      found: p.scan_number === null ? {} : { label: String(p.scan_number) },
      correct: correctionOf(p, frames, services),
    }));
  },
});

function readPositions(path: string, factor: number): Float64Array {
  using file = openHdf5(path);
  const along = (dataset: string) => readColumn(file, dataset).map((value) => value * factor);
  return joinColumns(along("data/posy"), along("data/posx"), { source: `"${path}"` });
}

function correctionOf(p: AmoScanParams, frames: FrameReader, services: LoaderServices): (frame: Float64Array) => void {
  const read = (path: string | null, dataset: string): CorrectionFrame | null => {
    const correction = path === null ? null : correctionFrame(services.path(path), dataset);
    assertFits(correction, frames);
    return correction;
  };
  const [dark, flat] = [read(p.dark_file, "dark"), read(p.flat_file, "flat")];
  return (frame) => {
    for (let i = 0; i < frame.length; i++) if (frame[i]! < p.threshold_correct) frame[i] = 0;
    if (dark !== null || flat !== null) correctDarkFlat(frame, { dark, flat });
  };
}

function correctionFrame(path: string, dataset: string): CorrectionFrame {
  using file = openHdf5(path);
  if (file.has(dataset)) return readCorrection(file, dataset, { what: `${dataset} frame` });
  using frames = hdf5Frames(path, "data/photons");
  return meanFrame(frames, { what: `${dataset} frame` });
}
