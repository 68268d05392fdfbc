/** Illuminations that parameters may name: apertures and propagations of usual instruments, fitted to the frame at hand. */

import type { ApertureOptions } from "./aperture.ts";
import { KEV_TO_METRE } from "./geometry.ts";
import type { IlluminationOptions } from "./illumination.ts";

/** The part of an illumination that a template decides. */
export type IlluminationTemplate = Required<Pick<IlluminationOptions, "aperture" | "propagation">>;

/** The sample plane that the beam is to suit. */
export interface TemplatePlane {
  /** Pixels, (y, x). */
  readonly shape: readonly [number, number];
  /** Sample pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
}

const OPENING: ApertureOptions = {
  form: "circ",
  size: null,
  offset: 0,
  rotate: 0,
  edge: 2,
  central_stop: null,
  diffuser: null,
};
const STILL = { focussed: null, parallel: null, spot_size: null };

/** Each is a beam that covers about a third of the frame, but for `plane`, which covers all. */
const TEMPLATES: Readonly<Record<string, (plane: TemplatePlane) => IlluminationTemplate>> = {
  plane: () => ({ aperture: { ...OPENING, form: null }, propagation: STILL }),
  pinhole: (plane) => ({ aperture: OPENING, propagation: { ...STILL, parallel: behindPinhole(plane) } }),
  zone_plate: (plane) => behindLens(plane, { ...OPENING, central_stop: 0.3 }),
  kb_mirrors: (plane) => behindLens(plane, { ...OPENING, form: "rect" }),
};

/** The names of all templates. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(TEMPLATES);

/** A template by its name; null if there is none of this name. */
export function illuminationTemplate(name: string, plane: TemplatePlane): IlluminationTemplate | null {
  return TEMPLATE_NAMES.includes(name) ? TEMPLATES[name]!(plane) : null;
}

/** How far behind a pinhole of a third of the frame its Fresnel number is 10, at most where the field would alias. */
function behindPinhole({ shape, psize, energy }: TemplatePlane): number {
  const lam = KEV_TO_METRE / energy;
  const diameter = Math.min(shape[0] * psize[0], shape[1] * psize[1]) / 3;
  return Math.min(diameter ** 2 / (40 * lam), ...longestPaths(shape, psize, lam));
}

/** Distances at which the angular spectrum is sampled finely enough, halved. */
function longestPaths(shape: readonly [number, number], psize: readonly [number, number], lam: number): number[] {
  return [0, 1].map((axis) => shape[axis]! * psize[axis]! ** 2 / (2 * lam));
}

/**
 * A lens that lets the middle half of what the pixel can resolve pass, so that its focus is two pixels wide, and the sample so
 * far behind the focus that the cone of light has grown to a third of the frame.
 */
function behindLens({ shape, psize, energy }: TemplatePlane, opening: ApertureOptions): IlluminationTemplate {
  const lam = KEV_TO_METRE / energy;
  const side = Math.min(shape[0] * psize[0], shape[1] * psize[1]);
  // Full angle of the cone, which the pixels limit to lam / psize.
  const cone = lam / (2 * Math.max(...psize));
  const defocus = side / 3 / cone;
  const focussed = 10 * defocus;
  return {
    aperture: { ...opening, size: cone * focussed },
    propagation: { ...STILL, focussed, parallel: defocus },
  };
}
