/** The simplest scan model: one probe mode, one object mode, one energy. */

import { ParameterError } from "../errors.ts";
import { initialProbe } from "../illumination.ts";
import type { VanillaParams } from "../parameters/scan/vanilla.ts";
import { initialObject } from "../sample.ts";
import { probeOf } from "./initial_content.ts";
import { defineScanModel } from "./scan_model.ts";

/**
 * `Vanilla`: the probe starts as a soft disc of amplitude 1, the object as a constant.
 *
 * @see PtyPy 0.4: core.manager.Vanilla
 */
export const vanilla = defineScanModel<VanillaParams>({
  name: "Vanilla",
  layout: (p, context) => ({
    probeModes: 1,
    objectModes: 1,
    storageID: `S${context.label}`,
    exitSuffix: "",
    geometryID: "G0000",
    initialProbe(plane) {
      const illumination = p.illumination;
      if (typeof illumination === "string") return probeOf(illumination, plane, { ...context, layers: 1 });
      const where = `${context.where}.illumination`;
      if (illumination.size !== null && !(illumination.size > 0)) {
        const message = `found ${illumination.size}, expected a diameter in metres above 0, or None`;
        throw new ParameterError([{ path: `${where}.size`, message }]);
      }
      return initialProbe({
        aperture: {
          form: "circ",
          size: illumination.size,
          offset: 0,
          rotate: 0,
          edge: 2,
          central_stop: null,
          diffuser: null,
        },
        photons: null,
      }, { ...plane, layers: 1, model: null, random: context.random, where });
    },
    initialObject: (plane) =>
      initialObject({ fill: p.sample.fill, process: null }, {
        ...plane,
        layers: 1,
        model: null,
        random: context.random,
        where: `${context.where}.sample`,
      }),
  }),
});
