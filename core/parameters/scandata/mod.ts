/** Every loader whose parameters are in the tree, by name. */

import { z } from "zod";
import { als5321ScanParams } from "./als_5321_scan.ts";
import { amoScanParams } from "./amo_scan.ts";
import { bragg3dSimScanParams } from "./bragg_3d_sim_scan.ts";
import { cxiScanParams, nxcxiPtychoScanParams } from "./cxi.ts";
import { diproiFermiScanParams } from "./diproi_fermi_scan.ts";
import { fliSpecScanMultexpParams } from "./fli_spec_scan_multexp.ts";
import { hdf5LoaderParams } from "./hdf5_loader.ts";
import { id16aScanParams } from "./id16a_scan.ts";
import { moduleScanParams } from "./module_scan.ts";
import { moonFlowerScanParams } from "./moon_flower_scan.ts";
import { nanomaxFlyscanJune2017Params, nanomaxStepscanMay2017Params, nanomaxStepscanNov2016Params } from "./nanomax.ts";
import { ptydScanParams } from "./ptyd_scan.ts";
import { quickScanParams } from "./quick_scan.ts";
import { savuParams } from "./savu.ts";
import { simScanParams } from "./sim_scan.ts";
import { uclLaserScanParams } from "./ucl_laser_scan.ts";

/** Parameters of all loaders. */
export const SCANDATA_PARAMS = [
  ptydScanParams,
  moonFlowerScanParams,
  quickScanParams,
  simScanParams,
  hdf5LoaderParams,
  savuParams,
  id16aScanParams,
  amoScanParams,
  diproiFermiScanParams,
  fliSpecScanMultexpParams,
  uclLaserScanParams,
  nanomaxStepscanNov2016Params,
  nanomaxStepscanMay2017Params,
  nanomaxFlyscanJune2017Params,
  als5321ScanParams,
  bragg3dSimScanParams,
  cxiScanParams,
  nxcxiPtychoScanParams,
  moduleScanParams,
] as const;

/** Parameters of any loader, chosen by `name`. */
export const scandataParams = z.discriminatedUnion("name", SCANDATA_PARAMS);

/** Parameters of any loader, parsed. */
export type ScandataParams = z.infer<typeof scandataParams>;
