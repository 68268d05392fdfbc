/** An HDF5 file that is being written while it is read (SWMR): what is in it is seen by opening it again. */

import { DataError } from "../errors.ts";
import type { Hdf5File } from "../formats/hdf5.ts";
import { hasWholeExtent } from "../formats/hdf5_extent.ts";

/** Time between two looks. */
const POLL_MS = 200;

/** So long without anything new the writer is given up. */
const PATIENCE_MS = 60_000;

/** What a look at a file finds. */
export interface Progress {
  /** How much of what is wanted is there. */
  readonly complete: number;
  readonly wanted: number;
}

/** What is waited for. */
export interface WaitOptions {
  /** In the plural, such as `frames in "scan.h5:/entry/data"`. */
  readonly what: string;
  /** Looks at the file, which was just refreshed; `isClosed` says that its writer has closed it. */
  look(isClosed: boolean): Progress;
  readonly patienceMs?: number;
}

/**
 * Waits until everything that is wanted is in a live file, then refreshes it once more: what the writer has marked complete before is
 * in it, which a file that was opened earlier may not show.
 *
 * @throws {DataError} if the writer closes the file before, or nothing new comes for `patienceMs`, a minute if left out
 */
export function waitFor(file: Hdf5File, { what, look, patienceMs = PATIENCE_MS }: WaitOptions): void {
  let [most, idleMs] = [-1, 0];
  while (true) {
    // Asked before the look: what is written between the two is seen.
    const isClosed = hasWholeExtent(file.path);
    file.refresh();
    const { complete, wanted } = look(isClosed);
    if (complete >= wanted) break;
    const given = (why: string) => givenUp({ file: file.path, what, complete, wanted, why });
    if (isClosed) throw given("a file that its writer has closed");
    if (complete > most) [most, idleMs] = [complete, 0];
    else if (idleMs >= patienceMs) throw given(`a file to which nothing was added for ${patienceMs / 1000} s`);
    pause(POLL_MS);
    idleMs += POLL_MS;
  }
  file.refresh();
}

function givenUp(o: { file: string; what: string; complete: number; wanted: number; why: string }): DataError {
  const text = `Cannot wait for ${o.what}: found ${o.complete} of ${o.wanted} complete in ${o.why}, expected all; ` +
    "to use what is there, switch is_swmr off and set data.num_frames";
  return new DataError(text, { file: o.file, found: o.complete, expected: o.wanted });
}

/** Lets time pass; loaders are read without awaiting. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
