/** The place on the GPU that frames of a block pass through: as many as a chunk has, whichever they are for now. */

import type { GpuArray } from "./gpu_array.ts";
import type { HostFrames } from "./host_frames.ts";

/** The part of an array of frames that is in the window. */
export interface WindowArray {
  readonly array: GpuArray;
  /** Where all frames are that are not on the GPU. */
  readonly host: HostFrames;
  /** Records that pass through the window; the others have places of their own. */
  readonly outside: { readonly first: number; readonly count: number };
  /** Records per frame: its modes, or 1. */
  readonly perFrame: number;
  /** Elements and bytes from one record to the next. */
  readonly stride: number;
  readonly recordBytes: number;
}

/** Consecutive frames at consecutive places, or a single mode of a single frame. */
export interface Seating {
  readonly place: number;
  readonly frame: number;
  readonly count: number;
  /** null for all modes. */
  readonly mode: number | null;
}

/** Consecutive records of an array in consecutive places. */
export interface Records {
  readonly place: number;
  readonly record: number;
  readonly count: number;
}

/** Records of an array that are on their way. */
export interface Move {
  readonly array: WindowArray;
  readonly records: readonly Records[];
}

/** Which frames are in the window, and what of them has been brought there or changed. */
export interface FrameWindow {
  /** Number of places. */
  readonly places: number;
  add(array: WindowArray): void;
  remove(array: WindowArray): void;
  /** The place of a frame, null if it has none. */
  placeOf(frame: number): number | null;
  /** Gives frames their places and returns what was changed of those that had them. */
  seat(seating: readonly Seating[]): Move[];
  /** Records that have not been brought, of frames that have places. */
  missing(array: WindowArray, seating: readonly Seating[]): Records[];
  /** Says that records are as they should be and, maybe, other than on the host. */
  mark(array: WindowArray, options: { readonly seating: readonly Seating[]; readonly changed: boolean }): void;
  /** All that was changed; it counts as taken to the host. */
  takeChanged(): Move[];
}

interface Marks {
  /** Per record in the window: 1 where it is as it should be, and where it is other than on the host. */
  readonly here: Uint8Array;
  readonly changed: Uint8Array;
}

/** An empty window. */
export function createFrameWindow(places: number): FrameWindow {
  const frameAt = new Int32Array(places).fill(-1);
  const placeAt = new Map<number, number>();
  const marks = new Map<WindowArray, Marks>();

  /** The records of `array` in some places that are wanted, joined where they follow each other. */
  function select(array: WindowArray, places: Iterable<number>, wants: (at: number) => boolean): Records[] {
    const found: { place: number; record: number; count: number }[] = [];
    for (const place of places) {
      const record = frameAt[Math.floor(place / array.perFrame)]! * array.perFrame + place % array.perFrame;
      if (record < 0 || !wants(place)) continue;
      const last = found.at(-1);
      if (last !== undefined && last.place + last.count === place && last.record + last.count === record) last.count++;
      else found.push({ place, record, count: 1 });
    }
    return found;
  }

  function takeChanged(inPlaces: (array: WindowArray) => Iterable<number>): Move[] {
    return [...marks].flatMap(([array, { changed }]) => {
      const records = select(array, inPlaces(array), (at) => changed[at] === 1);
      for (const { place, count } of records) changed.fill(0, place, place + count);
      return records.length === 0 ? [] : [{ array, records }];
    });
  }

  return {
    places,
    add: (array) =>
      void marks.set(array, {
        here: new Uint8Array(places * array.perFrame),
        changed: new Uint8Array(places * array.perFrame),
      }),
    remove: (array) => void marks.delete(array),
    placeOf: (frame) => placeAt.get(frame) ?? null,
    seat(seating) {
      const moved = [...newcomers(seating, frameAt)];
      // A frame that changes its place leaves the one that it had.
      const before = moved.map(({ frame }) => placeAt.get(frame)).filter((place) => place !== undefined);
      const left = [...new Set([...moved.map(({ place }) => place), ...before])].sort((a, b) => a - b);
      const leaving = takeChanged(({ perFrame }) =>
        left.flatMap((place) => Array.from({ length: perFrame }, (_, i) => place * perFrame + i))
      );
      for (const [{ perFrame }, { here }] of marks) {
        for (const place of left) here.fill(0, place * perFrame, (place + 1) * perFrame);
      }
      for (const place of left) {
        placeAt.delete(frameAt[place]!);
        frameAt[place] = -1;
      }
      for (const { place, frame } of moved) {
        frameAt[place] = frame;
        placeAt.set(frame, place);
      }
      return leaving;
    },
    missing: (array, seating) => select(array, placesOf(array, seating), (at) => marks.get(array)!.here[at] === 0),
    mark(array, { seating, changed }) {
      const of = marks.get(array)!;
      for (const at of placesOf(array, seating)) {
        of.here[at] = 1;
        if (changed) of.changed[at] = 1;
      }
    },
    takeChanged: () => takeChanged(({ perFrame }) => Array.from({ length: places * perFrame }, (_, at) => at)),
  };
}

/** Frames that are not in the places that they are given. */
function* newcomers(
  seating: readonly Seating[],
  frameAt: Int32Array,
): Generator<{ readonly place: number; readonly frame: number }> {
  for (const { place, frame, count } of seating) {
    for (let i = 0; i < count; i++) if (frameAt[place + i] !== frame + i) yield { place: place + i, frame: frame + i };
  }
}

/** Places of records: of all modes or of one. */
function* placesOf({ perFrame }: WindowArray, seating: readonly Seating[]): Generator<number> {
  for (const { place, count, mode } of seating) {
    if (mode !== null && perFrame > 1) yield place * perFrame + mode;
    else for (let at = place * perFrame; at < (place + count) * perFrame; at++) yield at;
  }
}
