/** Which frames of a block are in the memory at a time: the first ones always, the others, its guests, group after group. */

import type { FramePlan } from "../memory_plan.ts";

/** Places of a block's frames. Every frame has one place, which guests share with others. */
export interface Places {
  readonly frames: number;
  /** The first frames, which keep their places. */
  readonly resident: number;
  /** Places in all. */
  readonly count: number;
  /** The place of a frame. */
  of(frame: number): number;
}

/** Items of a pass whose frames have places at the same time. */
export interface Group {
  /** Items [start, end) of the pass. */
  readonly start: number;
  readonly end: number;
  /** The guests among their frames. */
  readonly guests: readonly number[];
}

/** Places after a plan; all frames stay if there is a place for each. */
export function placesOf(frames: number, { resident, window }: FramePlan): Places {
  const count = Math.min(frames, resident + window);
  if (count === frames) return { frames, resident: frames, count, of: (frame) => frame };
  return { frames, resident, count, of: (frame) => frame < resident ? frame : resident + (frame - resident) % window };
}

/**
 * Cuts a pass into groups, in its order. Its items are frames, or the `perFrame` pods of a frame one after the other; `order` are
 * those that it visits, all in their order if left out.
 */
export function groupsOf(
  places: Places,
  { perFrame, order }: { readonly perFrame: number; readonly order?: Int32Array | undefined },
): Iterable<Group> {
  return order === undefined ? sweepGroups(places, perFrame) : orderGroups(places, { perFrame, order });
}

function* sweepGroups({ frames, resident, count }: Places, perFrame: number): Iterable<Group> {
  for (let start = 0, end = count; start < frames; start = end, end = Math.min(frames, end + count - resident)) {
    const first = Math.max(start, resident);
    const guests = Array.from({ length: end - first }, (_, i) => first + i);
    yield { start: perFrame * start, end: perFrame * end, guests };
  }
}

function* orderGroups(
  places: Places,
  { perFrame, order }: { readonly perFrame: number; readonly order: Int32Array },
): Iterable<Group> {
  let start = 0;
  /** Guests by their places. */
  let guests = new Map<number, number>();
  for (let end = 0; end < order.length; end++) {
    const frame = Math.floor(order[end]! / perFrame);
    if (frame < places.resident) continue;
    const place = places.of(frame);
    if ((guests.get(place) ?? frame) !== frame) {
      yield { start, end, guests: [...guests.values()] };
      start = end;
      guests = new Map();
    }
    guests.set(place, frame);
  }
  if (start < order.length) yield { start, end: order.length, guests: [...guests.values()] };
}
