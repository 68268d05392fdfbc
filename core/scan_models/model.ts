/** A model: scans turned into containers, views and pods. Plain data; core/scan_models/build_model.ts makes it. */

import type { Precision } from "../../kernels/nd_array.ts";
import type { RandomState } from "../../kernels/reconstruction.ts";
import type { BraggGeometry } from "../bragg/geometry.ts";
import type { Container, WaveContainer } from "../containers/container.ts";
import type { Pod } from "../containers/pod.ts";
import type { Geometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { PlannedEnergy, ScanPlan } from "./plan_scans.ts";

/** A scan within a model. */
export interface ModelScan {
  readonly label: string;
  /** Geometry of its pods, `G00<label>` or `G0000`. */
  readonly geometryID: string;
  readonly geometry: Geometry;
  readonly prepared: PreparedScan;
  readonly probeModes: number;
  readonly objectModes: number;
  /** Its energies, and the indices of their storages in the containers; diff and mask storages have the index of the scan. */
  readonly energies: readonly PlannedEnergy[];
  /** Where its frames are volumes: `prepared` then is what was assembled of them, and `geometry` is that of r1 and r2. */
  readonly bragg?: {
    readonly geometry: BraggGeometry;
    /** (frame, 3), r3, r1, r2 in metres. */
    readonly coordinates: Float64Array;
  };
  /** First of its frames among those of all scans. */
  readonly firstFrame: number;
  /** Valid photons of the strongest frame. */
  readonly photons: number;
}

/** A model without the numbers of probe and object, which an engine's state has. */
export type ModelLayout = Omit<Model, "probe" | "obj"> & { readonly probe: Container; readonly obj: Container };

/** Everything that a reconstruction starts from. */
export interface Model {
  readonly precision: Precision;
  readonly scans: readonly ModelScan[];
  readonly probe: WaveContainer;
  readonly obj: WaveContainer;
  /** Layers and views only: exit waves begin as probe times object and live in the state of an engine. One storage per scan and energy. */
  readonly exit: Container;
  /** Layers and views only: the frames stay in `ModelScan.prepared`. */
  readonly diff: Container;
  readonly mask: Container;
  /** Scan by scan, frame by frame, energy by energy, probe mode by probe mode, object mode by object mode. */
  readonly pods: readonly Pod[];
  /** What probe and object storages of several energies have in common. */
  readonly couplings: ScanPlan["couplings"];
  /** (frame, 2), row then column, metres, all scans one after the other; r1 and r2 where frames are volumes. */
  readonly positions: Float64Array;
  /** State of the generator after probe and object were made. */
  readonly random: RandomState;
}
