/** Prepared data from a `.ptyd` file, as they are or to be prepared anew. */

import { DataError, ParameterError } from "../errors.ts";
import { openPtyd, type Ptyd, type PtydMeta } from "../formats/ptyd.ts";
import type { PtydScanParams } from "../parameters/scandata/ptyd_scan.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";
import { flatPositions } from "./rocking.ts";

/**
 * With `source` None or `file`, `dfile` is read and its frames are taken as they are. With a path, that file is the source of a
 * new preparation: what its `meta` says holds unless the user wrote otherwise, and the result may be saved into `dfile`.
 * Chunks that a file links to and that are missing are left out with a message.
 *
 * @throws {ParameterError} if there is no path to read, or a file would be written over itself
 * @throws {DataError} if the file cannot be read
 * @see PtyPy 0.4: PtydScan (differs: parameters that contradict a source taken as it is are refused, not ignored)
 */
export const ptyd = defineLoader<PtydScanParams>({
  name: "PtydScan",
  open(p, services) {
    const isPrepared = p.source === null || p.source === "file";
    const path = services.path(isPrepared ? requireFile(p) : p.source!);
    if (!isPrepared && p.save !== null && p.dfile !== null && services.path(p.dfile) === path) {
      const message = `found the path of data.source, expected another file to save into while that one is read`;
      throw new ParameterError([{ path: "scans.*.data.dfile", message }]);
    }
    const file = openPtyd(path, { notice: services.warn ?? services.log });
    warnOfLostMask(file, services);
    return openScan(file, isPrepared);
  },
});

function requireFile(p: PtydScanParams): string {
  if (p.dfile !== null) return p.dfile;
  const message = `found None, expected the path of the .ptyd file to read, or data.source`;
  throw new ParameterError([{ path: "scans.*.data.dfile", message }]);
}

/** PtyPy 0.4 notes that all frames shared one mask, but does not store it. */
function warnOfLostMask(file: Ptyd, services: LoaderServices): void {
  if (file.weightKind !== "none") return;
  const warn = services.warn ?? services.log;
  warn(`"${file.path}" has no mask (PtyPy 0.4 stores none that all frames share): all pixels count as valid`);
}

function openScan(file: Ptyd, isPrepared: boolean): OpenScan {
  return {
    numFrames: file.numFrames,
    ...placesIn(file),
    weight: file.weight,
    source: `"${file.path}"`,
    prepared: isPrepared,
    found: foundIn(file.meta, file.shape),
    frames: (start, stop) => file.frames(start, stop),
    [Symbol.dispose]: () => file.close(),
  };
}

function placesIn(file: Ptyd): Pick<OpenScan, "positions" | "rocking"> {
  const { positions, columns, path, meta: { theta_bragg, rocking_step } } = file;
  if (columns === 2) return { positions };
  if (theta_bragg === null || rocking_step === null) {
    const missing = theta_bragg === null ? "theta_bragg" : "rocking_step";
    file.close();
    throw new DataError(
      `Cannot use "${path}": found positions with angles, (frame, 4), but no "${missing}", expected the angles of the rocking curves ` +
        `in "/meta" or "/info"; make the file again`,
      { file: path, dataset: `/meta/${missing}` },
    );
  }
  return { positions: flatPositions(positions), rocking: { theta_bragg, rocking_step, coordinates: positions } };
}

function foundIn(meta: PtydMeta, shape: readonly [number, number]): OpenScan["found"] {
  return {
    shape,
    version: meta.version,
    ...(meta.energy === null ? {} : { energy: meta.energy }),
    ...(meta.distance === null ? {} : { distance: meta.distance }),
    ...(meta.psize === null ? {} : { psize: meta.psize }),
    ...(meta.center === null ? {} : { center: meta.center }),
  };
}
