/** Scans that `Hdf5Loader` reads while they are written: what is complete is told by a data set of flags, 0 for what is still to come. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";
import { type Hdf5File, openHdf5 } from "../formats/hdf5.ts";
import { type Hdf5Frames, openFrames } from "../formats/hdf5_frames.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import { type Hdf5Source, sourceText } from "./hdf5_sources.ts";
import { waitFor } from "./live_file.ts";

/** What is needed beside the source of frames. */
export interface LiveFramesOptions {
  readonly liveKey: string;
  /** Entry of an axis in front that does not belong to the scan; null where there is none. */
  readonly outer: number | null;
  /** Axes of the scan when all frames are there, and the shape of a frame. */
  readonly like: Hdf5Frames;
}

/**
 * Frames of a data set that is growing, or of which parts are still to be filled. A read waits until the flags of its frames are set.
 *
 * @throws {DataError} (reading) if the scan ends before
 */
export function openLiveFrames(source: Hdf5Source, { liveKey, outer, like }: LiveFramesOptions): Hdf5Frames {
  const { file, key } = source;
  const { scanShape, shape } = like;
  let frames: Hdf5Frames | null = null;
  let isComplete: (frame: number) => boolean = () => false;
  const what = `frames of ${sourceText(source)}`;
  return {
    scanShape,
    shape,
    read(numbers): NdArray {
      if (frames === null || !Array.from(numbers).every(isComplete)) {
        waitFor(file, {
          what,
          look() {
            isComplete = flagsOf(file, { liveKey, outer, scanShape });
            return { complete: Array.from(numbers).filter(isComplete).length, wanted: numbers.length };
          },
        });
        frames = openFrames(file, key, { outer, growsTo: scanShape });
      }
      return frames.read(numbers);
    },
  };
}

/**
 * Waits until all flags of a file are set: as many as there are or, where more may come, `enough` of them or all that there are when the
 * writer closes the file.
 *
 * @throws {DataError} if the scan ends before
 */
export function waitForAll(
  path: string,
  { what, liveKey, enough }: { readonly what: string; readonly liveKey: string; readonly enough: number | null },
): void {
  using file = openHdf5(path, { live: true });
  waitFor(file, {
    what: `${what} in "${path}"`,
    look(isClosed) {
      const flags = toNumbers(file.readArray(liveKey));
      const complete = flags.filter((flag) => flag !== 0).length;
      if (!file.info(liveKey).extendable) return { complete, wanted: flags.length };
      // How many there will be is not known before the writer is done.
      return { complete, wanted: enough ?? (isClosed ? flags.length : complete + 1) };
    },
  });
}

/** Whether the flag of a frame is set. Flags have the axes of the scan, or lie in a row. */
function flagsOf(
  file: Hdf5File,
  { liveKey, outer, scanShape }: { liveKey: string; outer: number | null; scanShape: readonly number[] },
): (frame: number) => boolean {
  const array = file.readArray(liveKey);
  const flags = toNumbers(array);
  const hasOuter = outer !== null && array.shape.length > scanShape.length;
  const axes = array.shape.slice(hasOuter ? 1 : 0, scanShape.length + (hasOuter ? 1 : 0));
  const start = hasOuter ? outer! * sizeOf(array.shape.slice(1)) : 0;
  if (axes.length < scanShape.length) return (frame) => (flags[start + frame] ?? 0) !== 0;
  const inner = sizeOf(array.shape) / Math.max(1, sizeOf(axes) * (hasOuter ? array.shape[0]! : 1));
  return (frame) => {
    let [at, rest, stride] = [0, frame, inner];
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const index = rest % scanShape[axis]!;
      if (index >= axes[axis]!) return false;
      at += index * stride;
      stride *= axes[axis]!;
      rest = Math.floor(rest / scanShape[axis]!);
    }
    return (flags[start + at] ?? 0) !== 0;
  };
}
