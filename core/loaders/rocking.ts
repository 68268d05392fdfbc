/** What frames of a rocking curve have beside their counts: the angle at which each was taken, and where the crystal was. */

/** Rocking curves at some positions of the crystal, frame by frame. */
export interface RockingCurves {
  /** Bragg angle in degrees. */
  readonly theta_bragg: number;
  /** Angle between two frames of a curve in degrees. */
  readonly rocking_step: number;
  /** (frame, 4): angle from the middle of the curve in degrees, then the place of the beam on the crystal, (x, z, y) in metres. */
  readonly coordinates: Float64Array;
}

/** Columns of `RockingCurves.coordinates`. */
export const ROCKING_COLUMNS = 4;

/** What of the coordinates two-dimensional positions have: (frame, 2), (x, y) in metres. */
export function flatPositions(coordinates: Float64Array): Float64Array {
  return coordinates.filter((_, i) => i % ROCKING_COLUMNS === 1 || i % ROCKING_COLUMNS === 3);
}
