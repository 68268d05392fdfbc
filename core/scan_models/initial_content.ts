/** Initial probe and object of a storage from the parameters `illumination` and `sample`, with their models read. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { type IlluminationOptions, initialProbe } from "../illumination.ts";
import type { IlluminationParams } from "../parameters/illumination.ts";
import type { SampleParams } from "../parameters/sample.ts";
import { refractiveIndex } from "../refraction/refractive_index.ts";
import { initialObject } from "../sample.ts";
import type { ScanContext, StoragePlane } from "./scan_model.ts";
import { arrayOf, arrayOfResult } from "./sources.ts";

/** The scan that something is made for, and the layers of the storage that it goes into. */
export type LayeredContext = ScanContext & { readonly layers: number };

/** The probe of a storage, complex (layer, y, x). @throws as `initialProbe` and `arrayOf` */
export function probeOf(p: IlluminationParams | string, plane: StoragePlane, context: LayeredContext): Float64Array {
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

/** The object of a storage, complex (layer, y, x). @throws as `initialObject` and `arrayOf` */
export function objectOf(p: SampleParams, plane: StoragePlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.sample`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (p.model === "recon") {
    // An earlier object is a transmission already, so that `process` has nothing to do.
    const model = arrayOfResult(p.recon.rfile, { ...context, where, kind: "obj", storageID: plane.storageID });
    return initialObject({ ...p, process: null }, { ...common, model });
  }
  const model = p.model === null ? null : arrayOf(p.model, { ...context, where: `${where}.model` });
  const object = initialObject(p, { ...common, model });
  if (model !== null && p.process?.formula) tellIndex(p.process.formula, p.process.density, { plane, context });
  return object;
}

/** The density of a formula is 1 unless somebody writes it, which is seldom what is meant. */
function tellIndex(
  formula: string,
  density: number | null,
  { plane: { energy }, context }: { readonly plane: StoragePlane; readonly context: LayeredContext },
): void {
  const where = `${context.where}.sample.process`;
  const index = refractiveIndex({ formula, density }, { energy, where });
  const [delta, beta] = [-index.re, index.im].map((v) => v.toExponential(3));
  context.log(`${where}: ${formula} of ${index.density} g/cm^3 at ${energy} keV has delta ${delta} and beta ${beta}`);
}
