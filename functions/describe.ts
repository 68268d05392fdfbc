/** What a run says of itself before its first iteration, from the short to the long. */

import type { PtychoParams } from "../core/ptycho_params.ts";
import type { ModelScan } from "../core/scan_models/model.ts";
import type { Started } from "./start.ts";

/** One line for each scan: its frames, where they come from, its geometry. For `verbose_level` 3. */
export function describeScans({ model }: Pick<Started, "model">): string[] {
  return model.scans.map(({ label, prepared, geometry, bragg }: ModelScan) => {
    const { meta, numFrames } = prepared;
    const { shape, resolution } = bragg?.geometry ?? { shape: meta.shape, resolution: geometry.resolution };
    const what = bragg === undefined ? "frames" : "rocking curves";
    return `scan ${label}: ${numFrames} ${what} of ${shape.join(" x ")}, ${meta.energy} keV, ` +
      `${meta.distance} m to the detector, sample pixels of ${resolution.map((n) => n.toPrecision(4)).join(" x ")} m`;
  });
}

/** One line for each storage of probe and object: ID, shape and pixel. For `verbose_level` 4. */
export function describeStorages({ model }: Pick<Started, "model">): string[] {
  return (["probe", "obj"] as const).flatMap((kind) =>
    model[kind].storages.map(({ ID, layers, rows, cols, psize, depth }) => {
      const shape = [layers, ...depth ? [depth.planes] : [], rows, cols].join(" x ");
      const pixel = [...depth ? [depth.psize] : [], ...psize].map((n) => n.toPrecision(4)).join(" x ");
      return `${kind} ${ID}: ${shape}, pixels of ${pixel} m`;
    })
  );
}

/** One line for each scan and engine with all its parameters, defaults included. For `verbose_level` 5. */
export function describeParameters({ scans, engines }: Pick<PtychoParams, "scans" | "engines">): string[] {
  return [
    ...Object.entries(scans).map(([label, p]) => `scans.${label} = ${JSON.stringify(p)}`),
    ...Object.entries(engines).map(([label, p]) => `engines.${label} = ${JSON.stringify(p)}`),
  ];
}
