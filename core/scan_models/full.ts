/** The scan model with several probe and object modes, several energies and full control of how they start. */

import type { FullParams } from "../parameters/scan/full.ts";
import { objectOf, probeOf } from "./initial_content.ts";
import { defineScanModel } from "./scan_model.ts";
import { spectrumOf } from "./spectrum.ts";

/**
 * `Full`: modes and energies from `coherence`, probe from `illumination`, object from `sample`.
 *
 * @see PtyPy 0.4: core.manager.Full
 */
export const full = defineScanModel<FullParams>({
  name: "Full",
  layout(p, context) {
    const { num_probe_modes, num_object_modes } = p.coherence;
    return {
      probeModes: num_probe_modes,
      objectModes: num_object_modes,
      spectrum: spectrumOf(p.coherence, context.where),
      storageID: `S${context.label}G00`,
      exitSuffix: "G00",
      geometryID: `G00${context.label}`,
      initialProbe: (plane) => probeOf(p.illumination, plane, { ...context, layers: num_probe_modes }),
      initialObject: (plane) => objectOf(p.sample, plane, { ...context, layers: num_object_modes }),
    };
  },
});
