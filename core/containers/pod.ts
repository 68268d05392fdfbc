/** Pods: which views belong to the exit wave of one frame, energy, probe mode and object mode. */

/** Indices of views in their containers. */
export interface Pod {
  /** `P0000`, `P0001`, ... */
  readonly ID: string;
  /** Index of the scan in the model. */
  readonly scan: number;
  /** Index of the frame in its scan. */
  readonly frame: number;
  /** Index of the energy in the scan's. */
  readonly energy: number;
  readonly probeMode: number;
  readonly objectMode: number;
  readonly probe: number;
  readonly obj: number;
  readonly exit: number;
  readonly diff: number;
  readonly mask: number;
}

/** PtyPy's number of an exit layer: frame * 10000 + probe mode * 100 + object mode. */
export function exitLayer({ frame, probeMode, objectMode }: Pick<Pod, "frame" | "probeMode" | "objectMode">): number {
  return frame * 10000 + probeMode * 100 + objectMode;
}
