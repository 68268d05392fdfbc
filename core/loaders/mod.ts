/** The list of loaders. */

import { bragg3dSim } from "./bragg_3d_sim.ts";
import { hdf5 } from "./hdf5.ts";
import type { Loader } from "./loader.ts";
import { cxiScan } from "./cxi_scan.ts";
import { moduleScan } from "./module_scan.ts";
import { moonFlower } from "./moon_flower.ts";
import { nxcxiPtychoScan } from "./nxcxi_ptycho_scan.ts";
import { ptyd } from "./ptyd.ts";
import { quick } from "./quick.ts";
import { simScan } from "./sim_scan.ts";
import { savu } from "./savu.ts";
import { amo } from "./amo.ts";
import { als5321 } from "./als_5321.ts";
import { nanomaxStepscanNov2016 } from "./nanomax_stepscan_nov_2016.ts";
import { nanomaxStepscanMay2017 } from "./nanomax_stepscan_may_2017.ts";
import { nanomaxFlyscanJune2017 } from "./nanomax_flyscan_june_2017.ts";
import { diproiFermi } from "./diproi_fermi.ts";
import { uclLaser } from "./ucl_laser.ts";
import { id16a } from "./id16a.ts";
import { fliSpecMultexp } from "./fli_spec_multexp.ts";

/** Every loader that is built; `scans.<label>.data.name` chooses one by its name. */
export const LOADERS = [
  hdf5,
  moonFlower,
  ptyd,
  quick,
  cxiScan,
  nxcxiPtychoScan,
  moduleScan,
  savu,
  amo,
  als5321,
  nanomaxStepscanNov2016,
  nanomaxStepscanMay2017,
  nanomaxFlyscanJune2017,
  simScan,
  bragg3dSim,
  diproiFermi,
  uclLaser,
  id16a,
  fliSpecMultexp,
] as const;

/** Parameters of any of the loaders. */
export type LoaderParams = Parameters<(typeof LOADERS)[number]["open"]>[0];

/** The loader of a name, to be given parameters of that name; undefined where none is built. */
export function findLoader(name: string): Loader<LoaderParams> | undefined {
  // Each loader takes the parameters that carry its own name, which the type of a list cannot say.
  return LOADERS.find((loader) => loader.name === name) as Loader<LoaderParams> | undefined;
}
