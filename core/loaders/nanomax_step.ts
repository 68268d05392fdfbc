/** What both loaders of step scans of NanoMAX do: one frame file for each position. */

import { fileFrames, type FrameReader, scanOver, type ScanParts } from "./frame_reader.ts";
import { joinColumns, readColumn, requireFiles } from "./instrument_files.ts";
import type { LoaderServices, OpenScan } from "./loader.ts";
import {
  frameFile,
  masterFile,
  type NanomaxFiles,
  readMaster,
  type Stage,
  stagePositions,
  stepFrame,
} from "./nanomax_master.ts";

/**
 * Opens a step scan: motors `samx` and `samy` of the master file, and frame file 0, 1, 2 ... for each of their positions, all of
 * which must be there.
 *
 * @throws {DataError} naming the first frame file that is missing
 */
export function openStepScan(
  p: NanomaxFiles,
  o: {
    readonly services: LoaderServices;
    readonly dataset: string;
    readonly stage: Stage;
    readonly weight: (frames: FrameReader) => ScanParts["weight"];
  },
): OpenScan {
  const source = `"${masterFile(p, o.services)}"`;
  const { samx, samy } = readMaster(p, o.services, (file, group) => ({
    samx: readColumn(file, `${group}/samx`),
    samy: readColumn(file, `${group}/samy`),
  }));
  joinColumns(samy, samx, { source });
  const paths = requireFiles(Array.from(samy, (_, i) => frameFile(p, i, o.services)));
  const frames = fileFrames({ paths, read: stepFrame(o.dataset), source });
  return scanOver(frames, () => ({ positions: stagePositions(samy, samx, o.stage), weight: o.weight(frames) }));
}
