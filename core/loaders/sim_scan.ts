/** A simulated scan from a full description of beam, sample, pattern and detector. */

import type { SimScanParams } from "../parameters/scandata/sim_scan.ts";
import { simulateScan } from "../simulation/simulated_scan.ts";
import { defineLoader } from "./loader.ts";

/** Simulates an experiment. @see simulateScan */
export const simScan = defineLoader<SimScanParams>({
  name: "SimScan",
  open: (p, services) => simulateScan(p, services).scan,
});
