/** NeXus files of the definition NXcxi_ptycho. */

import type { NxcxiPtychoScanParams } from "../parameters/scandata/cxi.ts";
import { defineLoader } from "./loader.ts";
import { openCxiScan } from "./open_cxi.ts";

/** NeXus keeps the energy of photons at the beam; that of the source is the machine's, unless the file follows CXI. */
const ENERGIES = [
  "instrument_1/beam_1/incident_beam_energy",
  "instrument_1/beam_1/energy",
  "instrument_1/source_1/energy",
];

/**
 * Reads frames as a list or as the grid of a raster scan. The energy may be in J, as CXI wants it, or in eV, as beamlines write it:
 * its unit says, or its size where there is no unit.
 */
export const nxcxiPtychoScan = defineLoader<NxcxiPtychoScanParams>({
  name: "NXcxiPtychoScan",
  open: (p, services) => openCxiScan(p, { services, energies: ENERGIES }),
});
