/** CXI files of beamline 5.3.2.1 of the ALS. */

import { openHdf5 } from "../formats/hdf5.ts";
import type { Als5321ScanParams } from "../parameters/scandata/als_5321_scan.ts";
import { hdf5Frames, scanOver } from "./frame_reader.ts";
import { badParameter, need, readMask, readNumber, readPairs, under } from "./instrument_files.ts";
import { defineLoader } from "./loader.ts";

/**
 * Frames, positions (x, y, z), distance and pixel sizes from the data sets that `CXI_PATHS` names in the file `dataile` of the folder
 * `dataPath`; the mask, where there is one, from `maskfile` of the same folder.
 *
 * @throws {ParameterError} without `dataile`, or if `CXI_PSIZES` are not two names
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: ALS5321Scan (differs: runs with the parameter as it is declared, and without a mask; what was written wins over
 *   distance and pixel size of the file)
 */
export const als5321 = defineLoader<Als5321ScanParams>({
  name: "ALS5321Scan",
  open(p, services) {
    const path = services.path(under(p.dataPath, need(p.dataile, "dataile", "the name of the CXI file")));
    const { CXI_PATHS: names } = p;
    if (names.CXI_PSIZES.length !== 2) {
      throw badParameter("CXI_PATHS.CXI_PSIZES", `found ${names.CXI_PSIZES.length} names, expected two: x, then y`);
    }
    const [xSize, ySize] = names.CXI_PSIZES as [string, string];
    const frames = hdf5Frames(path, names.CXI_DATA_PATH);
    return scanOver(frames, () => {
      using file = openHdf5(path);
      const columns = [1, 0] as const; // The file has x before y.
      return {
        positions: p.positions_theory === null ? readPairs(file, names.CXI_POS_PATH, { columns, factor: 1 }) : null,
        weight: p.maskfile === null ? null : readMask(services.path(under(p.dataPath, p.maskfile)), {
          dataset: names.CXI_MASK_PATH,
          shape: frames.shape,
        }),
        found: {
          distance: readNumber(file, names.CXI_DISTANCE),
          psize: [readNumber(file, ySize), readNumber(file, xSize)],
        },
      };
    });
  },
});
