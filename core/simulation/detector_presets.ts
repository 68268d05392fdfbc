/** Detectors that are known by name. Sizes, gaps and counters as their makers print them in the data sheets. */

import type { DETECTOR_NAMES } from "../parameters/scandata/detector.ts";
import type { Detector } from "./detector.ts";

/** Counts every photon of every pixel: what a detector is that nothing is said of. */
export const PLAIN_DETECTOR: Detector = {
  shape: null,
  modules: null,
  gaps: [0, 0],
  qe: 1,
  poisson: true,
  shot_noise: 0,
  full_well: null,
  adu: 1,
  dtype: "uint32",
  psize: null,
};

/** Dectris PILATUS: modules of 195 x 487 pixels of 172 um with gaps of 17 and 7, counters of 20 bits. */
function pilatus(rows: number, cols: number): Detector {
  return tiled({ modules: [195, 487], gaps: [17, 7], psize: 172e-6, dtype: "int32", full_well: 2 ** 20 - 1 }, [
    rows,
    cols,
  ]);
}

/** Dectris EIGER: modules of 514 x 1030 pixels of 75 um with gaps of 37 and 10, summed to 32 bits while it counts. */
function eiger(rows: number, cols: number): Detector {
  return tiled({ modules: [514, 1030], gaps: [37, 10], psize: 75e-6, dtype: "uint32", full_well: null }, [rows, cols]);
}

function tiled(
  module: Pick<Detector, "gaps" | "dtype" | "full_well" | "psize"> & { readonly modules: readonly [number, number] },
  count: readonly [number, number],
): Detector {
  const extent = (axis: 0 | 1) => count[axis] * module.modules[axis] + (count[axis] - 1) * module.gaps[axis];
  return { ...PLAIN_DETECTOR, ...module, shape: [extent(0), extent(1)] };
}

/** A camera that integrates: its readout noise is one unit, its well what the converter can say. */
function camera(bits: 14 | 16 | 32, dtype: Detector["dtype"]): Detector {
  return { ...PLAIN_DETECTOR, dtype, full_well: 2 ** bits - 1, shot_noise: bits === 32 ? 0 : 1 };
}

/** The detectors by name. */
export const DETECTORS: Readonly<Record<typeof DETECTOR_NAMES[number], Detector>> = {
  PILATUS_100K: pilatus(1, 1),
  PILATUS_300K: pilatus(3, 1),
  PILATUS_1M: pilatus(5, 2),
  PILATUS_2M: pilatus(8, 3),
  PILATUS_6M: pilatus(12, 5),
  EIGER_500K: eiger(1, 1),
  EIGER_1M: eiger(2, 1),
  EIGER_4M: eiger(4, 2),
  EIGER_9M: eiger(6, 3),
  EIGER_16M: eiger(8, 4),
  GenericCCD14bit: camera(14, "uint16"),
  GenericCCD16bit: camera(16, "uint16"),
  GenericCCD32bit: camera(32, "uint32"),
};
