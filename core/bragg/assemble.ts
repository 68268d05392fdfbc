/** From frames of rocking curves to volumes: one for each place of the beam, its planes in the order of the angles. */

import type { MeasuredFrames } from "../../kernels/measured.ts";
import type { RealArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { ROCKING_COLUMNS, type RockingCurves } from "../loaders/rocking.ts";
import type { Triple } from "./geometry.ts";

/** Which frames belong together. */
export interface AssembledCurves {
  /** Where the beam was, (x, z, y) in metres; sorted by x, then z, then y, so that the order of the frames does not matter. */
  readonly places: readonly Triple[];
  /** Angles of each curve. */
  readonly angles: number;
  /** (place, angle): the frame at each. */
  readonly frames: Int32Array;
  /** Places left out because frames are missing. */
  readonly incomplete: number;
}

/** Places closer than this are one place, in metres. */
const SAME_PLACE = 1e-12;

/** By how much of a step an angle may be off. */
const SAME_ANGLE = 0.05;

/**
 * Groups frames by place and sorts them by angle. A place without a frame for every angle is left out.
 *
 * @throws {DataError} if angles are not whole steps apart, two frames have the same place and angle, or no curve is complete
 * @see PtyPy 0.4: core.manager.Bragg3dModel
 */
export function assembleCurves(
  { coordinates, rocking_step }: RockingCurves,
  { label }: { readonly label: string },
): AssembledCurves {
  const count = coordinates.length / ROCKING_COLUMNS;
  const angle = (frame: number) => coordinates[ROCKING_COLUMNS * frame]!;
  let lowest = Infinity;
  for (let frame = 0; frame < count; frame++) lowest = Math.min(lowest, angle(frame));
  const groups = new Map<string, { place: Triple; frames: Map<number, number> }>();
  let angles = 0;
  for (let frame = 0; frame < count; frame++) {
    const steps = (angle(frame) - lowest) / rocking_step;
    const index = Math.round(steps);
    if (Math.abs(steps - index) > SAME_ANGLE) {
      throw offGrid(label, { frame, angle: angle(frame), lowest, rocking_step });
    }
    const at = ROCKING_COLUMNS * frame;
    const place = [coordinates[at + 1]!, coordinates[at + 2]!, coordinates[at + 3]!] as const;
    const key = place.map((n) => Math.round(n / SAME_PLACE) + 0).join();
    const group = groups.get(key) ?? { place, frames: new Map() };
    const earlier = group.frames.get(index);
    if (earlier !== undefined) throw twice(label, { frame, earlier, place, angle: angle(frame) });
    group.frames.set(index, frame);
    groups.set(key, group);
    angles = Math.max(angles, index + 1);
  }
  const complete = [...groups.values()].filter(({ frames }) => frames.size === angles);
  if (complete.length === 0) throw noneComplete(label, { places: groups.size, angles });
  complete.sort(({ place: a }, { place: b }) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return {
    places: complete.map(({ place }) => place),
    angles,
    frames: Int32Array.from(complete.flatMap(({ frames }) => Array.from({ length: angles }, (_, i) => frames.get(i)!))),
    incomplete: groups.size - complete.length,
  };
}

/** Measured volumes, (place, q3, q1, q2), read from the frames they are made of, whose last row is the first of q1. */
export function measuredVolumes(
  measured: MeasuredFrames,
  { curves: { places, angles, frames }, cols }: { readonly curves: AssembledCurves; readonly cols: number },
): MeasuredFrames {
  const { points, precision, maskFrames } = measured;
  const isCommon = maskFrames === 1;
  const read = <A extends RealArray | Uint8Array>(
    first: number,
    into: A,
    readFrame: (frame: number, plane: A) => void,
  ): void => {
    for (let at = 0; at < into.length; at += points) {
      const plane = into.subarray(at, at + points) as A;
      readFrame(first * angles + at / points, plane);
      turnRows(plane, cols);
    }
  };
  return {
    frames: places.length,
    points: angles * points,
    precision,
    maskFrames: isCommon ? 1 : places.length,
    readDiffraction: (first, into) => {
      read(first, into, (plane, values) => measured.readDiffraction(frames[plane]!, values));
    },
    readMask: (first, into) => {
      read(first, into, (plane, values) => measured.readMask(isCommon ? 0 : frames[plane]!, values));
    },
  };
}

/** Puts the last row first, as detectors see q1. Changes `frame`. */
export function turnRows(frame: RealArray | Uint8Array, cols: number): void {
  const rows = frame.length / cols;
  for (let row = 0; row < Math.floor(rows / 2); row++) {
    const [a, b] = [row * cols, (rows - 1 - row) * cols];
    const upper = frame.slice(a, a + cols);
    frame.copyWithin(a, b, b + cols);
    frame.set(upper, b);
  }
}

function offGrid(
  label: string,
  o: { readonly frame: number; readonly angle: number; readonly lowest: number; readonly rocking_step: number },
): DataError {
  return new DataError(
    `Cannot assemble rocking curves of scan "${label}": found frame ${o.frame} at ${o.angle} degrees, expected whole steps of ` +
      `${o.rocking_step} from ${o.lowest}; check data.rocking_step and the angles of the source`,
    { scan: label, frame: o.frame, found: o.angle, expected: o.rocking_step },
  );
}

function twice(
  label: string,
  o: { readonly frame: number; readonly earlier: number; readonly place: Triple; readonly angle: number },
): DataError {
  return new DataError(
    `Cannot assemble rocking curves of scan "${label}": found frames ${o.earlier} and ${o.frame} both at ${o.angle} degrees and ` +
      `(x, z, y) = (${o.place.join(", ")}) m, expected one; leave one out`,
    { scan: label, frame: o.frame, found: o.earlier },
  );
}

function noneComplete(label: string, o: { readonly places: number; readonly angles: number }): DataError {
  return new DataError(
    `Cannot assemble rocking curves of scan "${label}": found none of ${o.places} positions with all ${o.angles} angles, expected at ` +
      "least one; check data.num_frames, and that frames of one curve have the same position",
    { scan: label, found: 0, expected: o.angles },
  );
}
