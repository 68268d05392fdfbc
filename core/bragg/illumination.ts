/** The probe in a crystal from the parameters `illumination`, with their models read. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import type { IlluminationParams } from "../parameters/illumination.ts";
import type { ModelServices } from "../scan_models/scan_model.ts";
import { arrayOf, arrayOfResult } from "../scan_models/sources.ts";
import type { BraggGeometry } from "./geometry.ts";
import { braggProbe } from "./incoming_probe.ts";

/** The group of parameters: that of one mode, and the `size` of models that have it. */
export type BraggIllumination = Omit<IlluminationParams, "diversity"> & { readonly size?: number | null };

/** What the probe is made for. */
export interface BraggIlluminationContext extends ModelServices {
  readonly geometry: BraggGeometry;
  /** ID of the storage that it goes into. */
  readonly storageID: string;
  /** Path of the parameters, such as `scans.A.illumination`. */
  readonly where: string;
}

/**
 * The probe in the crystal, complex (r3, r1, r2). The parameters describe the beam before the crystal, two-dimensional; an earlier result
 * may also have a probe of the crystal's own shape, which is taken as it is. Without `photons` the amplitude of a flat beam is 1.
 *
 * @throws as `braggProbe`, `arrayOf` and `arrayOfResult`; {ParameterError} for `photons` beside a three-dimensional probe
 */
export function braggIllumination(p: BraggIllumination | string, context: BraggIlluminationContext): Float64Array {
  const { geometry, random, where } = context;
  const common = { geometry, random, where };
  if (typeof p === "string") {
    const model = /\.ptyr$/i.test(p) ? earlierProbe(p, null, context) : arrayOf(p, context);
    return wholeProbe(model, geometry) ?? braggProbe({ photons: null }, { ...common, model });
  }
  if (p.size !== undefined && p.size !== null) {
    const none = { offset: 0, rotate: 0, central_stop: null, diffuser: null } as const;
    if (!(p.size > 0)) {
      throw new ParameterError([{ path: `${where}.size`, message: `found ${p.size}, expected a diameter above 0` }]);
    }
    const aperture = { form: "circ", size: p.size, edge: 2, ...none } as const;
    return braggProbe({ aperture, photons: null }, { ...common, model: null });
  }
  const model = p.model === null
    ? null
    : p.model === "recon"
    ? earlierProbe(p.recon.rfile, p.recon.label, context)
    : arrayOf(p.model, { ...context, where: `${where}.model` });
  const whole = model === null ? null : wholeProbe(model, geometry);
  if (whole === null) return braggProbe(p, { ...common, model });
  if (p.photons !== null) {
    const message = `found ${p.photons} beside a probe that is three-dimensional already, expected None`;
    throw new ParameterError([{ path: `${where}.photons`, message }]);
  }
  context.log(`${where}.model is three-dimensional and taken as it is: aperture and propagation do not act on it`);
  return whole;
}

function earlierProbe(rfile: string, scan: string | null, context: BraggIlluminationContext): NdArray {
  return arrayOfResult(rfile, { ...context, kind: "probe", scan });
}

/** The first layer of an array that has the shape of the crystal's probe; null for other arrays. */
function wholeProbe({ shape, data, dtype }: NdArray, { shape: wanted }: BraggGeometry): Float64Array | null {
  if (shape.length !== 4 || shape.slice(1).join() !== wanted.join() || !dtype.startsWith("complex")) return null;
  return Float64Array.from(data.subarray(0, data.length / shape[0]!), Number);
}
