/** Finds the optical axis as the mean over frames of their centres of mass. */

import { DataError } from "../errors.ts";
import type { OpenScan } from "../loaders/loader.ts";
import { massCenter } from "./center.ts";
import { assertCounts } from "./checks.ts";
import { weightOf } from "./frame_chain.ts";
import type { PreparationPlan } from "./plan.ts";

/**
 * Centre (y, x) in pixels of the source's frames. Only valid pixels count, and frames without counts do not. Reads every
 * frame, `chunk` at a time.
 *
 * @throws {DataError} if no frame has counts, if counts are no counts, or if weights do not have the size of the frames
 */
export function findCenter(
  scan: OpenScan,
  plan: PreparationPlan,
  o: { readonly chunk: number },
): [number, number] {
  const [rows, cols] = plan.rawShape;
  const pixels = rows * cols;
  let [sumY, sumX, count] = [0, 0, 0];
  for (let start = 0; start < plan.numFrames; start += o.chunk) {
    const stop = Math.min(start + o.chunk, plan.numFrames);
    const raw = scan.frames(start, stop);
    for (let index = 0; index < stop - start; index++) {
      const frame = start + index;
      const { weights, start: first } = weightOf({ raw, index, frame }, scan.weight);
      assertSameSize(weights?.shape.slice(-2), plan);
      const valid = (pixel: number) => weights === null || Number(weights.data[first + pixel]!) > 0;
      const at = { start: index * pixels, pixels, cols, valid, frame, source: plan.source };
      assertCounts(raw.data.data, at);
      const center = massCenter(raw.data.data, { start: at.start, shape: plan.rawShape, valid });
      if (center === null) continue;
      sumY += center[0];
      sumX += center[1];
      count++;
    }
  }
  if (count > 0) return [sumY / count, sumX / count];
  throw new DataError(`Cannot find the centre of ${plan.source}: found no counts in any frame; give data.center`, {
    source: plan.source,
    found: 0,
    expected: "> 0",
  });
}

function assertSameSize(shape: readonly number[] | undefined, plan: PreparationPlan): void {
  if (shape === undefined || (shape[0] === plan.rawShape[0] && shape[1] === plan.rawShape[1])) return;
  throw new DataError(
    `Cannot find the centre of ${plan.source}: found weights of (${shape}), expected (${plan.rawShape}); give data.center`,
    { source: plan.source, found: shape, expected: plan.rawShape },
  );
}
