/** Passes that visit frames in a given order, when not all frames are on the GPU: runs of visits whose frames find places together. */

import type { Seating } from "./frame_window.ts";

/** Visits that follow each other, and where their frames are meanwhile. */
export interface SequentialRun {
  readonly items: Int32Array;
  readonly seating: readonly Seating[];
  /** The place of a frame; 0 where it has one of its own. */
  placeAt(frame: number): number;
}

interface Places {
  /** Number of places. */
  readonly places: number;
  /** Whether an item's frame passes through. */
  readonly passes: (item: number) => boolean;
  readonly placeOf: (item: number) => { readonly frame: number; readonly mode: number | null };
  /** The place that a frame has by now, null for none. */
  readonly seated: (frame: number) => number | null;
}

/** Cuts an order, each run as long as can be. A frame that has a place keeps it for the next run. */
export function* cutRuns(order: Int32Array, { places, passes, placeOf, seated }: Places): Generator<SequentialRun> {
  for (let begin = 0; begin < order.length;) {
    const frames = new Set<number>();
    let end = begin;
    for (; end < order.length; end++) {
      const item = order[end]!;
      if (!passes(item)) continue;
      const { frame } = placeOf(item);
      if (frames.size === places && !frames.has(frame)) break;
      frames.add(frame);
    }
    const items = order.subarray(begin, end);
    const placeAt = assign(frames, { places, seated });
    const passing = items.filter(passes);
    // A pod that is visited twice is brought once.
    const seating = [...new Set(passing)].map((item) => {
      const { frame, mode } = placeOf(item);
      return { place: placeAt.get(frame)!, frame, count: 1, mode };
    });
    yield { items, seating, placeAt: (frame) => placeAt.get(frame) ?? 0 };
    begin = end;
  }
}

/** Places for frames: those that they have, else the first that no other frame of them has. */
function assign(
  frames: ReadonlySet<number>,
  { places, seated }: Pick<Places, "places" | "seated">,
): Map<number, number> {
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const frame of frames) {
    const place = seated(frame);
    if (place === null) continue;
    found.set(frame, place);
    taken.add(place);
  }
  const free = Array.from({ length: places }, (_, place) => place).filter((place) => !taken.has(place));
  let next = 0;
  for (const frame of frames) if (!found.has(frame)) found.set(frame, free[next++]!);
  return found;
}
