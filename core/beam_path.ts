/** The way of a wave from its aperture to the sample: grids, lens, free space. */

import { fourierResample } from "../kernels/array/fourier_resample.ts";
import { MOST_ELEMENTS } from "./containers/container.ts";
import { ParameterError } from "./errors.ts";
import { createGeometry, KEV_TO_METRE } from "./geometry.ts";
import { axisGrid, multiplyBy, phaseFactor } from "./propagators/grid.ts";
import { createPropagator } from "./propagators/propagator.ts";

/** The parameters `illumination.propagation`; see there for units. */
export interface PropagationOptions {
  readonly focussed: number | null;
  readonly parallel: number | null;
  readonly spot_size: number | null;
  /** 1 if left out. */
  readonly antialiasing?: number;
}

/** The sample plane. */
export interface BeamPlane {
  readonly shape: readonly [number, number];
  /** Sample pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
  /** Path of the parameters, such as `scans.MF.illumination.propagation`. */
  readonly where: string;
}

/** The way of a wave. */
export interface BeamPath {
  /** Pixel of the aperture plane in metres. */
  readonly psize: readonly [number, number];
  /** Coordinates of the rows and columns of the aperture plane in metres. */
  readonly grid: readonly [Float64Array, Float64Array];
  /** How many pixels of the aperture plane are one without antialiasing; 1 without. */
  readonly fineness: number;
  /** In place of `aperture.size`, from `spot_size`. */
  readonly apertureSize: number | null;
  /** A wave (y, x) of the sample's shape on the grid of the aperture; may be the same array. */
  enter(wave: Float64Array): Float64Array;
  /** A wave on the grid of the aperture at the sample, in the sample's shape. */
  leave(wave: Float64Array): Float64Array;
}

type Step = (wave: Float64Array) => Float64Array;

/**
 * Plans the way. With `antialiasing` the pixels of the aperture are finer by that factor, rounded so that the grid grows by whole
 * pixels on all sides: behind a lens this makes the field at the sample wider, of which the middle is kept, so that what would leave
 * the field does not come in on the other side; otherwise the sample's pixels are finer as well, and frequencies that the
 * sample's own grid lacks are dropped at the end.
 *
 * @throws {ParameterError} for a distance, spot or factor that is not possible
 */
export function beamPath(p: PropagationOptions | null | undefined, plane: BeamPlane): BeamPath {
  const { psize, where } = plane;
  const focus = p?.focussed || null;
  const parallel = p?.parallel || null;
  const shape = fineShape(p?.antialiasing ?? 1, plane);
  const finer = [shape[0] / plane.shape[0], shape[1] / plane.shape[1]] as const;
  const pixel = focus === null ? [psize[0] / finer[0], psize[1] / finer[1]] as const : psize;
  const common = { energy: plane.energy, shape, psize: pixel, where };
  const lens = focus === null ? null : lensStep(focus, common);
  const space = parallel === null ? null : spaceStep(parallel, common, plane);
  const steps = [lens?.step, space].filter((step) => step !== undefined && step !== null);
  const middle = steps.length > 0 ? "fftshift" : "geometric";
  const [coarse, fine] = [centred(plane.shape, middle), centred(shape, middle)];
  const isFine = finer[0] !== 1 || finer[1] !== 1;
  const aperturePixel = lens?.pixel ?? pixel;
  return {
    psize: aperturePixel,
    grid: [
      axisGrid(shape[0], { origin: fine.origin[0], pixel: aperturePixel[0] }),
      axisGrid(shape[1], { origin: fine.origin[1], pixel: aperturePixel[1] }),
    ],
    fineness: Math.sqrt(finer[0] * finer[1]),
    apertureSize: lens !== null && p?.spot_size ? lens.reach / p.spot_size * 2 * Math.sqrt(Math.sqrt(2)) : null,
    enter: (wave) => isFine ? fourierResample(wave, coarse, fine) : wave,
    leave(wave) {
      const arrived = steps.reduce((w, step) => step(w), wave);
      if (!isFine) return arrived;
      return lens === null ? fourierResample(arrived, fine, coarse) : middleOf(arrived, shape, plane.shape);
    },
  };
}

function fineShape(factor: number, { shape, where }: BeamPlane): readonly [number, number] {
  const path = `${where}.antialiasing`;
  if (!(factor >= 1 && factor < Infinity)) {
    throw new ParameterError([{ path, message: `found ${factor}, expected a factor of 1 or more` }]);
  }
  const grown = (n: number) => n + 2 * Math.round((factor - 1) * n / 2);
  const fine = [grown(shape[0]), grown(shape[1])] as const;
  if (fine[0] * fine[1] <= MOST_ELEMENTS) return fine;
  const message = `found ${factor}, which makes a grid of ${fine.join(" x ")} pixels, expected at most ${
    MOST_ELEMENTS / 1e6
  } million; two or three are enough`;
  throw new ParameterError([{ path, message }]);
}

interface Medium {
  readonly energy: number;
  readonly shape: readonly [number, number];
  readonly psize: readonly [number, number];
  readonly where: string;
}

/** A lens in the aperture and the way to its focus. */
function lensStep(
  focus: number,
  medium: Medium,
): { readonly step: Step; readonly pixel: readonly [number, number]; readonly reach: number } {
  if (!(focus > 0 && focus < Infinity)) {
    const message = `found ${focus}, expected a distance in metres above 0`;
    throw new ParameterError([{ path: `${medium.where}.focussed`, message }]);
  }
  const propagator = createPropagator(createGeometry({ ...medium, distance: focus, propagation: "farfield" }));
  const { resolution: pixel, lam } = propagator.geometry;
  const { shape } = medium;
  const { origin } = centred(shape, "fftshift");
  const [down, across] = ([0, 1] as const).map((axis) => {
    const grid = axisGrid(shape[axis], { origin: origin[axis], pixel: pixel[axis] });
    return grid.map((v) => -Math.PI * v * v / (lam * focus));
  });
  const phase = phaseFactor(down!, across!);
  return {
    pixel,
    reach: lam * focus,
    step(wave) {
      multiplyBy(wave, phase, { conjugate: false });
      return propagator.forward(wave);
    },
  };
}

function spaceStep(distance: number, medium: Medium, plane: BeamPlane): Step {
  const lam = KEV_TO_METRE / medium.energy;
  const isTooFine = (pixel: readonly [number, number]) => (lam / pixel[0]) ** 2 + (lam / pixel[1]) ** 2 >= 4;
  if (isTooFine(medium.psize) && !isTooFine(plane.psize)) {
    const message =
      `found a factor that makes pixels of ${medium.psize[0].toPrecision(3)} m, expected pixels that are ` +
      `not finer than the wavelength of ${lam.toPrecision(3)} m resolves`;
    throw new ParameterError([{ path: `${plane.where}.antialiasing`, message }]);
  }
  const free = createPropagator(
    createGeometry({ ...medium, distance: Math.abs(distance), propagation: "nearfield" }),
  );
  return (wave) => distance > 0 ? free.forward(wave) : free.backward(wave);
}

function centred(shape: readonly [number, number], middle: "fftshift" | "geometric") {
  const origin = (n: number) => middle === "fftshift" ? Math.floor(n / 2) : n / 2 - 0.5;
  return { shape, origin: [origin(shape[0]), origin(shape[1])] as const };
}

/** The middle of a wave, so that pixel n // 2 stays pixel n // 2. */
function middleOf(
  wave: Float64Array,
  [rows, cols]: readonly [number, number],
  [toRows, toCols]: readonly [number, number],
): Float64Array {
  const [top, left] = [Math.floor(rows / 2) - Math.floor(toRows / 2), Math.floor(cols / 2) - Math.floor(toCols / 2)];
  const result = new Float64Array(2 * toRows * toCols);
  for (let y = 0; y < toRows; y++) {
    const first = 2 * ((y + top) * cols + left);
    result.set(wave.subarray(first, first + 2 * toCols), 2 * y * toCols);
  }
  return result;
}
