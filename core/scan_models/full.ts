/** The scan model with several probe and object modes and full control of how they start. */

import { ParameterError, UnsupportedError } from "../errors.ts";
import type { FullParams } from "../parameters/scan/full.ts";
import { objectOf, probeOf } from "./initial_content.ts";
import { defineScanModel } from "./scan_model.ts";

/**
 * `Full`: modes from `coherence`, probe from `illumination`, object from `sample`.
 *
 * @throws {UnsupportedError} for more than one energy
 * @see PtyPy 0.4: core.manager.Full
 */
export const full = defineScanModel<FullParams>({
  name: "Full",
  layout(p, context) {
    const { num_probe_modes, num_object_modes, energies } = p.coherence;
    checkCoherence(p, context.where);
    if (energies.length !== 1 || energies[0] !== 1) {
      throw new UnsupportedError(
        `Cannot use ${context.where}.coherence.energies: found [${energies}], expected [1]; only one energy per scan is built`,
        { parameter: `${context.where}.coherence.energies`, found: energies },
      );
    }
    return {
      probeModes: num_probe_modes,
      objectModes: num_object_modes,
      storageID: `S${context.label}G00`,
      exitSuffix: "G00",
      geometryID: `G00${context.label}`,
      initialProbe: (plane) => probeOf(p.illumination, plane, { ...context, layers: num_probe_modes }),
      initialObject: (plane) => objectOf(p.sample, plane, { ...context, layers: num_object_modes }),
    };
  },
});

function checkCoherence({ coherence }: FullParams, where: string): void {
  const issues = (["num_probe_modes", "num_object_modes"] as const)
    .filter((name) => !(Number.isInteger(coherence[name]) && coherence[name] >= 1 && coherence[name] <= 99))
    .map((name) => ({
      path: `${where}.coherence.${name}`,
      // Exit layers are numbered frame * 10000 + probe mode * 100 + object mode.
      message: `found ${coherence[name]}, expected a whole number from 1 to 99`,
    }));
  if (issues.length > 0) throw new ParameterError(issues);
}
