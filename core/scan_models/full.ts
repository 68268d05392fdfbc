/** The scan model with several probe and object modes and full control of how they start. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError, UnsupportedError } from "../errors.ts";
import { type IlluminationOptions, initialProbe } from "../illumination.ts";
import type { IlluminationParams } from "../parameters/illumination.ts";
import type { SampleParams } from "../parameters/sample.ts";
import type { FullParams } from "../parameters/scan/full.ts";
import { initialObject } from "../sample.ts";
import { defineScanModel, type ScanContext, type StoragePlane } from "./scan_model.ts";
import { arrayOf, arrayOfResult } from "./sources.ts";

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

type LayeredContext = ScanContext & { readonly layers: number };

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

function probeOf(p: IlluminationParams | string, plane: StoragePlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.illumination`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (typeof p === "string") {
    // A file alone is taken as it is, apart from its photons.
    const model = arrayOfResult(p, { ...context, kind: "probe", storageID: plane.storageID });
    return initialProbe({ photons: plane.photons }, { ...common, model });
  }
  const photons = p.photons ?? plane.photons;
  if (Math.abs(Math.log10(photons / plane.photons)) > 1) {
    context.log(
      `${where}.photons is ${photons}, but the brightest frame has ${
        plane.photons.toPrecision(4)
      }: a factor of more than ten apart`,
    );
  }
  const probe = initialProbe({ ...p as IlluminationOptions, photons }, {
    ...common,
    model: probeModel(p, plane, context),
  });
  if (p.model !== null && p.aperture.form !== null) {
    const model = p.model === "recon" ? `the probe of "${p.recon.rfile}"` : "the array that is its model";
    context.log(`the aperture of ${where} also acts on ${model}; write aperture.form: null to take it whole`);
  }
  return probe;
}

function probeModel(p: IlluminationParams, plane: StoragePlane, context: LayeredContext): NdArray | null {
  if (p.model === null) return null;
  if (p.model !== "recon") return arrayOf(p.model, { ...context, where: `${context.where}.illumination.model` });
  const { label, rfile } = p.recon;
  const where = `${context.where}.illumination`;
  return arrayOfResult(rfile, { ...context, where, kind: "probe", storageID: plane.storageID, scan: label });
}

function objectOf(p: SampleParams, plane: StoragePlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.sample`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (p.model === "recon") {
    // An earlier object is a transmission already, so that `process` has nothing to do.
    const model = arrayOfResult(p.recon.rfile, { ...context, where, kind: "obj", storageID: plane.storageID });
    return initialObject({ ...p, process: null }, { ...common, model });
  }
  const model = p.model === null ? null : arrayOf(p.model, { ...context, where: `${where}.model` });
  return initialObject(p, { ...common, model });
}
