/** The probe in a crystal from the parameters `illumination`, with their models read. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import type { IlluminationOptions } from "../illumination.ts";
import { illuminationTemplate } from "../illumination_templates.ts";
import type { IlluminationParams } from "../parameters/illumination.ts";
import { isResultFile } from "../parameters/model_texts.ts";
import { drawPicture } from "../pictures/mod.ts";
import type { ModelServices } from "../scan_models/scan_model.ts";
import { arrayOf, arrayOfResult } from "../scan_models/sources.ts";
import type { BraggGeometry } from "./geometry.ts";
import { beamPlane, braggProbe } from "./incoming_probe.ts";

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
    const { model, template } = startOf({ model: isResultFile(p) ? "recon" : p, rfile: p, label: null }, context);
    const whole = model === null ? null : wholeProbe(model, geometry);
    return whole ?? braggProbe({ ...template, photons: null }, { ...common, model });
  }
  if (p.size !== undefined && p.size !== null) {
    const none = { offset: 0, rotate: 0, central_stop: null, diffuser: null } as const;
    if (!(p.size > 0)) {
      throw new ParameterError([{ path: `${where}.size`, message: `found ${p.size}, expected a diameter above 0` }]);
    }
    const aperture = { form: "circ", size: p.size, edge: 2, ...none } as const;
    return braggProbe({ aperture, photons: null }, { ...common, model: null });
  }
  const { model, template } = startOf({ model: p.model, ...p.recon }, context);
  const whole = model === null ? null : wholeProbe(model, geometry);
  if (whole === null) return braggProbe({ ...p, ...template }, { ...common, model });
  if (p.photons !== null) {
    const message = `found ${p.photons} beside a probe that is three-dimensional already, expected None`;
    throw new ParameterError([{ path: `${where}.photons`, message }]);
  }
  context.log(`${where}.model is three-dimensional and taken as it is: aperture and propagation do not act on it`);
  return whole;
}

/** What the beam starts from: an array, or a template's own way. */
function startOf(
  { model, rfile, label }: { readonly model: BraggIllumination["model"] } & BraggIllumination["recon"],
  context: BraggIlluminationContext,
): { readonly model: NdArray | null; readonly template: Partial<IlluminationOptions> | null } {
  const { geometry, where } = context;
  if (model === null) return { model: null, template: null };
  if (model === "stxm") {
    const message = 'found "stxm", expected another model: the mean of rocking curves is no picture of the beam';
    throw new ParameterError([{ path: `${where}.model`, message }]);
  }
  if (model === "recon") return { model: earlierProbe(rfile, label, context), template: null };
  const plane = beamPlane(geometry);
  const template = typeof model === "string"
    ? illuminationTemplate(model, { ...plane, energy: geometry.energy })
    : null;
  if (template !== null) return { model: null, template: template as Partial<IlluminationOptions> };
  const picture = typeof model === "string" ? drawPicture(model, plane.shape) : null;
  return { model: picture ?? arrayOf(model, { ...context, where: `${where}.model` }), template: null };
}

function earlierProbe(rfile: string, scan: string | null, context: BraggIlluminationContext): NdArray {
  return arrayOfResult(rfile, { ...context, kind: "probe", scan });
}

/** The first layer of an array that has the shape of the crystal's probe; null for other arrays. */
function wholeProbe({ shape, data, dtype }: NdArray, { shape: wanted }: BraggGeometry): Float64Array | null {
  if (shape.length !== 4 || shape.slice(1).join() !== wanted.join() || !dtype.startsWith("complex")) return null;
  return Float64Array.from(data.subarray(0, data.length / shape[0]!), Number);
}
