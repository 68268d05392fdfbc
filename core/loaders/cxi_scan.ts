/** Any CXI file: frames, translations, mask and geometry. */

import type { CxiScanParams } from "../parameters/scandata/cxi.ts";
import { defineLoader } from "./loader.ts";
import { openCxiScan } from "./open_cxi.ts";

/** In CXI the energy is that of a photon, in joules, at the source; NeXus files keep it at the beam. */
const ENERGIES = [
  "instrument_1/source_1/energy",
  "instrument_1/beam_1/energy",
  "instrument_1/beam_1/incident_beam_energy",
];

/**
 * Reads a CXI file. Pixels are valid where no bit of the mask says otherwise and where they are not saturated; positions are
 * (y, x) of CXI's (x, y, z) without a change of sign, as in PtyPy's loader of the ALS.
 *
 * @see Maia, Nature Methods 9 (2012) 854, 10.1038/nmeth.2110
 */
export const cxiScan = defineLoader<CxiScanParams>({
  name: "CxiScan",
  open: (p, services) => openCxiScan(p, { services, energies: ENERGIES }),
});
