/** Statistics of the measured photons that engines scale their parameters with. */

import { visitFrames } from "../../kernels/measured.ts";
import type { Block, Data } from "../../kernels/reconstruction.ts";

/** Photon statistics of a block. */
export interface BlockStatistics {
  /** Valid photons of the strongest frame. */
  readonly maxPower: number;
  /** Valid photons of all frames. */
  readonly totalPower: number;
  /** Valid photons per pixel, mean over frames and all pixels. */
  readonly meanPower: number;
  /** Power bound per `fourier_relax_factor^2 / 4`: `maxPower` per pixel. */
  readonly powerBoundStub: number;
}

/** Photon statistics of the whole data. */
export interface Statistics {
  readonly blocks: readonly BlockStatistics[];
  /** Mean over blocks of their `meanPower`. */
  readonly meanPower: number;
  readonly totalPower: number;
  /** Number of measured values, masked ones included. */
  readonly values: number;
  readonly frames: number;
}

/** Computes the statistics once per run. @see PtyPy 0.4: Diff storage attributes max_power, tot_power, mean_power, pbound_stub */
export function diffractionStatistics(data: Data): Statistics {
  const blocks = data.blocks.map(blockStatistics);
  return {
    blocks,
    meanPower: blocks.reduce((sum, b) => sum + b.meanPower, 0) / blocks.length,
    totalPower: blocks.reduce((sum, b) => sum + b.totalPower, 0),
    values: data.blocks.reduce((sum, b) => sum + b.frames * b.rows * b.cols, 0),
    frames: data.blocks.reduce((sum, b) => sum + b.frames, 0),
  };
}

function blockStatistics({ frames, rows, cols, measured }: Block): BlockStatistics {
  const points = rows * cols;
  let maxPower = 0;
  let totalPower = 0;
  visitFrames(measured, ({ diffraction, mask }) => {
    let power = 0;
    for (let i = 0; i < points; i++) power += mask[i]! * diffraction[i]!;
    maxPower = Math.max(maxPower, power);
    totalPower += power;
  });
  return { maxPower, totalPower, meanPower: totalPower / (frames * points), powerBoundStub: maxPower / points };
}
