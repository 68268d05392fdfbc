/** createFrameStore(): the same frames whether they are held in memory or kept in scratch. */

import assert from "node:assert/strict";
import { allDiffraction, allMasks, visitFrames } from "../../kernels/measured.ts";
import { scratchInMemory } from "../../kernels/scratch.ts";
import { createFrameStore, type FrameStoreOptions } from "./frame_store.ts";

const FRAME = { frames: 4, points: 6, precision: "single" } as const;
const PLACES: readonly Partial<FrameStoreOptions>[] = [{}, { scratch: scratchInMemory, heldBytes: 95 }];

const valuesOf = (frame: number) => Float64Array.from({ length: 6 }, (_, i) => 10 * frame + i + 0.5);
const maskOf = (bad: number) => Uint8Array.from({ length: 6 }, (_, i) => i === bad ? 0 : 1);

/** Stores frames whose masked pixel is given by `bad`. */
function stored(bad: readonly number[], place: Partial<FrameStoreOptions>) {
  const store = createFrameStore({ ...FRAME, ...place });
  bad.forEach((pixel, frame) => store.add(valuesOf(frame), maskOf(pixel)));
  return store.finish();
}

for (const place of PLACES) {
  const where = place.scratch === undefined ? "in memory" : "in scratch";

  Deno.test(`createFrameStore() keeps one mask while all are equal, ${where}`, () => {
    const measured = stored([2, 2, 2, 2], place);
    assert.equal(measured.maskFrames, 1);
    assert.deepEqual(allMasks(measured), maskOf(2));
  });

  Deno.test(`createFrameStore() keeps a mask for each frame from the first that differs on, ${where}`, () => {
    const measured = stored([2, 2, 5, 2], place);
    assert.equal(measured.maskFrames, 4);
    assert.deepEqual(allMasks(measured), Uint8Array.from([2, 2, 5, 2].flatMap((bad) => [...maskOf(bad)])));
  });

  Deno.test(`createFrameStore() gives frames back by range in either precision, ${where}`, () => {
    const measured = stored([2, 2, 5, 2], place);
    const all = [0, 1, 2, 3].flatMap((frame) => [...valuesOf(frame)]);
    assert.deepEqual(allDiffraction(measured), Float32Array.from(all));
    const doubles = new Float64Array(12);
    measured.readDiffraction(1, doubles);
    assert.deepEqual([...doubles], all.slice(6, 18));
    const seen: unknown[] = [];
    visitFrames(measured, ({ frame, diffraction, mask }) => void seen.push([frame, diffraction[0], mask.indexOf(0)]), {
      first: 1,
      end: 3,
    });
    assert.deepEqual(seen, [[1, 10.5, 2], [2, 20.5, 5]]);
  });
}
