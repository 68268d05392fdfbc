/** States on the host, from which another device can go on, and how often they are worth their time. */

import type { State } from "../kernels/reconstruction.ts";
import type { Clock } from "./run.ts";

/** A state, and the errors that belong to it. */
export interface Snapshot {
  readonly state: State;
  readonly localErrors: Float64Array | null;
}

/** Decides when to take snapshots. */
export interface SnapshotSchedule {
  /** Whether the time since the last snapshot has paid for another one. */
  isDue(): boolean;
  /** Saves the state, and sees how long that takes. */
  take(save: () => Promise<State>): Promise<State>;
}

/** Snapshots may take this part of the time worked. */
const SHARE = 0.05;

/**
 * A schedule for an engine that begins now. A snapshot is expected to take as long as the last one; nothing is known of the first, which
 * is due at once.
 */
export function scheduleSnapshots({ now }: Pick<Clock, "now">): SnapshotSchedule {
  let cost = 0;
  let since = now();
  return {
    isDue: () => cost <= SHARE * (now() - since),
    async take(save) {
      const begin = now();
      const state = await save();
      since = now();
      cost = since - begin;
      return state;
    },
  };
}
