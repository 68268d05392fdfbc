/** What a simulated Bragg experiment consists of: geometry, places of the beam, crystal and probe, and the frames that they make. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import { MOST_ELEMENTS } from "../containers/container.ts";
import { boundingVolume, firstVoxel } from "../containers/volume.ts";
import { DataError } from "../errors.ts";
import { stripedFilm } from "./crystal.ts";
import { type BraggGeometry, toNatural, type Triple } from "./geometry.ts";

/** A simulated crystal and how it is looked at. */
export interface BraggTruth {
  readonly geometry: BraggGeometry;
  /** Places of the beam, (x, z, y) in metres. */
  readonly places: readonly Triple[];
  /** Complex, (r3, r1, r2). */
  readonly probe: Float64Array;
  /** Real, (r3, r1, r2). */
  readonly object: Float64Array;
  readonly objectShape: Triple;
  /** Position of the object's voxel (0, 0, 0) in metres. */
  readonly objectOrigin: Triple;
  /** The object's voxel at which the view of each place begins. */
  readonly first: readonly Triple[];
}

/**
 * A crystal that covers the views of all places.
 *
 * @throws {DataError} if it would be larger than any memory, before it is made
 */
export function createBraggTruth(
  { geometry, places, probe }: Pick<BraggTruth, "geometry" | "places" | "probe">,
): BraggTruth {
  const { resolution: psize, shape, theta_bragg } = geometry;
  const voxels = places.map((place) => firstVoxel(toNatural(place, geometry), { psize, shape }));
  const { low, high } = boundingVolume(voxels, shape);
  const objectShape = [high[0] - low[0], high[1] - low[1], high[2] - low[2]] as const;
  if (objectShape[0] * objectShape[1] * objectShape[2] > MOST_ELEMENTS) {
    throw new DataError(
      `Cannot simulate a crystal: found ${objectShape.join(" x ")} voxels, expected at most ${
        MOST_ELEMENTS / 1e6
      } million; ` +
        "choose a smaller data.shape, fewer data.n_rocking_positions, or larger steps of them",
      { found: objectShape, expected: MOST_ELEMENTS },
    );
  }
  const objectOrigin = [low[0] * psize[0], low[1] * psize[1], low[2] * psize[2]] as const;
  return {
    geometry,
    places,
    probe,
    object: stripedFilm({ shape: objectShape, psize, origin: objectOrigin, theta_bragg }),
    objectShape,
    objectOrigin,
    first: voxels.map((v) => [v[0] - low[0], v[1] - low[1], v[2] - low[2]] as const),
  };
}

/** Makes the intensity of the frame at an angle (counted from 0) and a place, (q1, q2), into `out`. */
export type SimulateFrame = (out: Float64Array, at: { readonly place: number; readonly angle: number }) => void;

/**
 * A frame is the plane q3 of |fftshift(fftn(probe * view))|^2: the exit wave is summed along r3 with the phases of that q3, and the sum
 * transformed in two dimensions. A crystal fills little of its volume, so that only its voxels are summed.
 */
export function frameSimulator({ geometry, probe, object, objectShape, first }: BraggTruth): SimulateFrame {
  const [n3, n1, n2] = geometry.shape;
  const fft = createFft2(n1, n2);
  const wave = new Float64Array(2 * n1 * n2);
  const voxels = [...object.keys()].filter((i) => object[i] !== 0);
  const [, rows, cols] = objectShape;
  return (out, { place, angle }) => {
    const [low3, low1, low2] = first[place]!;
    const phases = Array.from({ length: n3 }, (_, i) => -2 * Math.PI * i * (angle - Math.floor(n3 / 2)) / n3);
    const [cos, sin] = [phases.map(Math.cos), phases.map(Math.sin)];
    wave.fill(0);
    for (const voxel of voxels) {
      const i3 = Math.floor(voxel / (rows * cols)) - low3;
      const i1 = Math.floor(voxel / cols) % rows - low1;
      const i2 = voxel % cols - low2;
      if (!(i3 >= 0 && i3 < n3 && i1 >= 0 && i1 < n1 && i2 >= 0 && i2 < n2)) continue;
      const [to, from] = [2 * (i1 * n2 + i2), 2 * ((i3 * n1 + i1) * n2 + i2)];
      const [re, im] = [probe[from]! * object[voxel]!, probe[from + 1]! * object[voxel]!];
      wave[to]! += re * cos[i3]! - im * sin[i3]!;
      wave[to + 1]! += re * sin[i3]! + im * cos[i3]!;
    }
    fft.forward(wave);
    const [middle1, middle2] = [Math.floor(n1 / 2), Math.floor(n2 / 2)];
    for (let y = 0; y < n1; y++) {
      for (let x = 0; x < n2; x++) {
        const from = 2 * (((y + n1 - middle1) % n1) * n2 + (x + n2 - middle2) % n2);
        out[y * n2 + x] = wave[from]! ** 2 + wave[from + 1]! ** 2;
      }
    }
  };
}
