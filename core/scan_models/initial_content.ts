/** Initial probe and object of a storage from the parameters `illumination` and `sample`, with their models read. */

import { complexArray, isComplex, type NdArray } from "../../kernels/nd_array.ts";
import { MOST_ELEMENTS } from "../containers/container.ts";
import { ParameterError } from "../errors.ts";
import { type IlluminationOptions, initialProbe } from "../illumination.ts";
import { illuminationTemplate } from "../illumination_templates.ts";
import { type IlluminationParams, illuminationParams } from "../parameters/illumination.ts";
import { isResultFile } from "../parameters/model_texts.ts";
import type { SampleParams } from "../parameters/sample.ts";
import { drawPicture, PICTURE_NAMES } from "../pictures/mod.ts";
import { initialObject, type SampleProcess } from "../sample.ts";
import { stxmObject } from "../stxm/stxm_object.ts";
import { stxmProbe } from "../stxm/stxm_probe.ts";
import type { ScanFrames } from "./scan_frames.ts";
import type { ScanContext, StoragePlane } from "./scan_model.ts";
import { arrayOf, arrayOfResult } from "./sources.ts";

/** The scan that something is made for, and the layers of the storage that it goes into. */
export type LayeredContext = ScanContext & { readonly layers: number };

/** The probe of a storage, complex (layer, y, x). @throws as `initialProbe` and `arrayOfResult` */
export function probeOf(p: IlluminationParams | string, plane: StoragePlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.illumination`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (typeof p === "string") return probeOfText(p, plane, context);
  const photons = p.photons ?? plane.photons;
  if (Math.abs(Math.log10(photons / plane.photons)) > 1) {
    context.log(
      `${where}.photons is ${photons}, but the brightest frame has ${
        plane.photons.toPrecision(4)
      }: a factor of more than ten apart`,
    );
  }
  const template = typeof p.model === "string" ? illuminationTemplate(p.model, plane) : null;
  const options = { ...p as IlluminationOptions, ...template, photons };
  const model = template === null ? probeModel(p, plane, context) : null;
  const probe = initialProbe(options, { ...common, model });
  if (model !== null && p.aperture.form !== null) {
    context.log(`the aperture of ${where} also acts on ${told(p)}; write aperture.form: null to take it whole`);
  }
  return probe;
}

/** A text alone: a file is taken as it is, apart from its photons; everything else has the modes that are usual. */
function probeOfText(text: string, plane: StoragePlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.illumination`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (isResultFile(text)) {
    const model = arrayOfResult(text, { ...context, kind: "probe", storageID: plane.storageID, where });
    return initialProbe({ photons: plane.photons }, { ...common, model });
  }
  const { diversity } = illuminationParams.parse({}) as IlluminationParams;
  const template = illuminationTemplate(text, plane);
  const model = template !== null ? null : drawPicture(text, plane.shape) ?? stxmModel(null, plane, where);
  return initialProbe({ ...template, photons: plane.photons, diversity } as IlluminationOptions, { ...common, model });
}

function told({ model, recon }: IlluminationParams): string {
  if (model === "recon") return `the probe of "${recon.rfile}"`;
  if (model === "stxm") return "the probe from the data";
  return typeof model === "string" && drawPicture(model, [1, 1]) !== null
    ? `the picture "${model}"`
    : "the array that is its model";
}

function probeModel(p: IlluminationParams, plane: StoragePlane, context: LayeredContext): NdArray | null {
  const where = `${context.where}.illumination`;
  const { model, recon: { label, rfile } } = p;
  if (model === null) return null;
  if (model === "stxm") return stxmModel(label, plane, where);
  if (model === "recon") {
    return arrayOfResult(rfile, { ...context, where, kind: "probe", storageID: plane.storageID, scan: label });
  }
  const picture = typeof model === "string" ? drawPicture(model, plane.shape) : null;
  return picture ?? arrayOf(model, { ...context, where: `${where}.model` });
}

function stxmModel(label: string | null, plane: StoragePlane, where: string): NdArray {
  const { statistics, geometry } = framesOf(plane, where).analyse(label, `${where}.recon.label`);
  return stxmProbe(statistics.mean, geometry);
}

function framesOf({ frames }: StoragePlane, where: string): ScanFrames {
  if (frames !== undefined) return frames;
  const message = 'found "stxm", expected a model that needs no frames, as none have been measured in a simulation';
  throw new ParameterError([{ path: `${where}.model`, message }]);
}

/** The plane of an object, and the probe that lights it. */
type ObjectPlane = StoragePlane & { readonly probe: ArrayLike<number> };

/** The object of a storage, complex (layer, y, x). @throws as `initialObject` and `arrayOfResult` */
export function objectOf(p: SampleParams, plane: ObjectPlane, context: LayeredContext): Float64Array {
  const where = `${context.where}.sample`;
  const common = { ...plane, layers: context.layers, random: context.random, where };
  if (p.model === null) return initialObject(p, { ...common, model: null });
  if (p.model === "recon") {
    // An earlier object is a transmission already, so that `process` has nothing to do.
    const model = arrayOfResult(p.recon.rfile, { ...context, where, kind: "obj", storageID: plane.storageID });
    return initialObject({ ...p, process: null }, { ...common, model });
  }
  if (p.model === "stxm") {
    return initialObject({ ...p, process: null }, { ...common, model: stxmSample(p, plane, where) });
  }
  const source = (typeof p.model === "string" ? drawPicture(p.model, plane.shape) : null) ??
    arrayOf(p.model, { ...context, where: `${where}.model` });
  const isPicture = typeof p.model === "string" && PICTURE_NAMES.includes(p.model);
  const object = isPicture
    ? initialObject(...pictureSample(p, source, common))
    : initialObject(p, { ...common, model: source });
  tellDefaults(p.process, { isReal: !isComplex(source), where, log: context.log });
  return object;
}

/** Transmission and phase contrast of the frames, with `fill` where no view reaches. */
function stxmSample({ fill, stxm }: SampleParams, plane: ObjectPlane, where: string): NdArray {
  const [rows, cols] = plane.shape;
  if (rows * cols > MOST_ELEMENTS / 4) {
    const message = `found "stxm" for an object of ${rows} x ${cols} pixels, expected at most ${
      MOST_ELEMENTS / 4e6
    } million, as its phase is integrated on an array of four times the size; start from None or from a .ptyr file`;
    throw new ParameterError([{ path: `${where}.model`, message }]);
  }
  const scan = framesOf(plane, where).analyse(stxm.label, `${where}.stxm.label`);
  const { data, isCovered } = stxmObject(scan, plane);
  for (let i = 0; i < isCovered.length; i++) {
    if (isCovered[i] === 1) continue;
    data[2 * i] = fill.re;
    data[2 * i + 1] = fill.im;
  }
  return complexArray(data, plane.shape);
}

/** A complex picture is a transmission, to which no thickness is applied; of a `formula` it gives the thickness, by its phase. */
function pictureSample<P>(p: SampleParams, picture: NdArray, plane: P): [SampleParams, P & { model: NdArray }] {
  if (p.process === null || !isComplex(picture)) return [p, { ...plane, model: picture }];
  if (p.process.formula === null) {
    return [{ ...p, process: { ...p.process, thickness: null } }, { ...plane, model: picture }];
  }
  const { data, shape } = picture;
  const phase = Float64Array.from(
    { length: data.length / 2 },
    (_, i) => Math.atan2(Number(data[2 * i + 1]), Number(data[2 * i])),
  );
  return [p, { ...plane, model: { dtype: "float64", shape, data: phase } }];
}

/** The index is 0.5 unless somebody writes it, which no substance has for x-rays; the density of a formula is 1, that of water. */
function tellDefaults(
  process: Pick<SampleProcess, "formula" | "density" | "ref_index"> | null,
  o: { readonly isReal: boolean; readonly where: string; readonly log: (message: string) => void },
): void {
  if (process === null) return;
  const { formula, density, ref_index: index } = process;
  const where = `${o.where}.process`;
  if (formula === null && o.isReal && index?.re === 0.5 && index.im === 0) {
    o.log(`${where}.ref_index is 0.5, as it is unless it is written; write it, or a formula with its density`);
  }
  if (formula !== null && formula !== "H2O" && density === 1) {
    o.log(
      `${where}.density of "${formula}" is 1 g/cm^3, as it is unless it is written; None takes that of an element`,
    );
  }
}
