/** What the loaders of NanoMAX share: the Sardana master file, the stage, the names of frame files, the mask. */

import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import type { NanomaxStepscanNov2016Params } from "../parameters/scandata/nanomax.ts";
import { fillNumbers } from "../path_pattern.ts";
import { type FrameReader, readFrameOf } from "./frame_reader.ts";
import { need, readMask, under } from "./instrument_files.ts";
import type { LoaderServices } from "./loader.ts";

/** Where things are, which every loader of NanoMAX has. */
export type NanomaxFiles = Pick<
  NanomaxStepscanNov2016Params,
  "dataPath" | "datafile" | "maskfile" | "pilatusPath" | "pilatusPattern" | "scannr"
>;

/** How the stage moves. */
export interface Stage {
  readonly xMotorFlipped: boolean;
  readonly yMotorFlipped: boolean;
  /** Degrees. */
  readonly xMotorAngle: number;
}

/** Pilatus detectors write this where a pixel is dead. */
const DEAD = -2;

/** Path of the master file. @throws {ParameterError} if it is not named */
export function masterFile(p: NanomaxFiles, services: LoaderServices): string {
  return services.path(under(p.dataPath, need(p.datafile, "datafile", "the name of the Sardana master file")));
}

/** Group of the scan's measurement in the master file. @throws {ParameterError} without the scan's number */
export function measurementGroup(p: NanomaxFiles): string {
  return `entry${need(p.scannr, "scannr", "the number of the scan")}/measurement`;
}

/** Path of the frame file of an image or a line. @throws {ParameterError} if the pattern is missing or wrong */
export function frameFile(p: NanomaxFiles, index: number, services: LoaderServices): string {
  const pattern = need(
    p.pilatusPattern,
    "pilatusPattern",
    'the names of the frame files, such as "scan_%04d_%04d.hdf5"',
  );
  const scan = need(p.scannr, "scannr", "the number of the scan");
  return services.path(under(p.pilatusPath, fillNumbers(pattern, [scan, index], "scans.*.data.pilatusPattern")));
}

/** Positions (frame, 2) in metres from motors in micrometres: the sample moves against the beam, hence the sign. */
export function stagePositions(samy: Float64Array, samx: Float64Array, stage: Stage): Float64Array {
  const y = (stage.yMotorFlipped ? 1 : -1) * 1e-6;
  const x = (stage.xMotorFlipped ? 1 : -1) * 1e-6 * Math.cos(stage.xMotorAngle * Math.PI / 180);
  return Float64Array.from({ length: 2 * samy.length }, (_, i) => i % 2 === 0 ? samy[i >> 1]! * y : samx[i >> 1]! * x);
}

/** The stage of November 2016, of which nothing is said. */
export const PLAIN_STAGE: Stage = { xMotorFlipped: false, yMotorFlipped: false, xMotorAngle: 0 };

/** The mask of `maskfile`, null without. */
export function maskOf(p: NanomaxFiles, frames: FrameReader, services: LoaderServices): NdArray | null {
  return p.maskfile === null ? null : readMask(services.path(p.maskfile), { dataset: "mask", shape: frames.shape });
}

/** Where the first frame is not marked as dead and the mask of `maskfile`, if there is one, is set. */
export function maskOfDead(p: NanomaxFiles, frames: FrameReader, services: LoaderServices): NdArray {
  const first = frames.read(0, 1).data;
  const given = maskOf(p, frames, services);
  const data = Uint8Array.from({ length: sizeOf(frames.shape) }, (_, i) => {
    return Number(first[i]) !== DEAD && (given === null || Number(given.data[i]) > 0) ? 1 : 0;
  });
  return { dtype: "uint8", shape: frames.shape, data };
}

/** Reads the single frame of a file of a step scan. */
export function stepFrame(dataset: string): (path: string) => NdArray {
  return (path) => readFrameOf(path, dataset);
}

/** Numbers of a data set of the scan in the master file, as `read` takes them. */
export function readMaster<T>(
  p: NanomaxFiles,
  services: LoaderServices,
  read: (file: ReturnType<typeof openHdf5>, group: string) => T,
): T {
  using file = openHdf5(masterFile(p, services));
  return read(file, measurementGroup(p));
}
