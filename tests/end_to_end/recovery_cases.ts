/** The experiments that are simulated and recovered, in the size of a test and in full. */

import type { RecoveryCase } from "./simulated_recovery.ts";

/** How much work a case is. */
export interface Effort {
  /** Pixels of a frame. */
  readonly shape: number;
  /** Extent of the pattern in steps. */
  readonly steps: number;
  readonly dm: number;
  readonly ml: number;
}

/** A far field at 7.2 keV of a hole of a quarter of the field of view, 3 mm before the sample, behind a diffuser. */
export function spiralCase(
  { shape, steps, dm, ml }: Effort,
  o: { photons: number; detector: unknown; modes?: number; power?: number[] },
): RecoveryCase {
  const { modes = 1 } = o;
  const [energy, distance, psize] = [7.2, 5, 172e-6];
  const field = 1.23984193e-9 / energy * distance / psize;
  const aperture = { form: "circ", size: field / 4, edge: 3 };
  const propagation = { parallel: 3e-3 };
  const spacing = field / 25;
  return {
    propagation: "farfield",
    modes,
    data: {
      energy,
      distance,
      psize,
      shape,
      detector: o.detector,
      xy: { model: "spiral", spacing, steps, extent: steps * spacing },
      illumination: {
        photons: o.photons,
        aperture: { ...aperture, diffuser: [1.5, 8] },
        propagation,
        diversity: modes === 1 ? null : { noise: [30, 6], power: o.power },
      },
    },
    illumination: {
      photons: o.photons,
      aperture,
      propagation,
      diversity: modes === 1 ? null : { noise: [10, 6], power: 0.2 },
    },
    dm: { numiter: dm },
    ml: { numiter: ml },
  };
}

/** A near field at 17 keV, 2 cm behind the sample: a wide beam that a diffuser has given structure. */
export function nearFieldCase(
  { shape, steps, dm, ml }: Effort,
  o: { photons: number; detector: unknown },
): RecoveryCase {
  const psize = 1e-7;
  const aperture = { form: "rect", size: 0.7 * shape * psize, edge: 8 };
  const spacing = 7 * psize;
  const margin = Math.round(0.25 * shape);
  return {
    propagation: "nearfield",
    data: {
      energy: 17,
      distance: 0.02,
      psize,
      shape,
      detector: o.detector,
      xy: { model: "spiral", spacing, steps, extent: steps * spacing },
      illumination: { photons: o.photons, aperture: { ...aperture, diffuser: [3, 4, 0.2, 4] }, diversity: null },
    },
    illumination: { photons: o.photons, aperture, diversity: null },
    dm: { numiter: dm },
    ml: { numiter: ml },
    region: { y0: margin, y1: shape - margin, x0: margin, x1: shape - margin },
  };
}
