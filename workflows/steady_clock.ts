/** A clock for waits that outlive a process: it never goes back, and after a restart it goes on from where it was. */

/** Time, passed in. */
export interface OrchestratorClock {
  /** Milliseconds since 1970; someone may set it back. */
  wall(): number;
  /** Milliseconds from an arbitrary start; never goes back while this process lives. */
  monotonic(): number;
}

/** The clocks of this machine. */
export const SYSTEM_CLOCK: OrchestratorClock = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * Milliseconds since 1970 as long as the wall clock behaves. While it has been set back, time goes on from the latest
 * moment seen; `floor` is the latest that an earlier process saw.
 */
export function createSteadyClock(clock: OrchestratorClock, floor: number): () => number {
  let base = Math.max(clock.wall(), floor);
  let since = clock.monotonic();
  return () => {
    const steady = base + (clock.monotonic() - since);
    const wall = clock.wall();
    // A machine that slept: its monotonic clock may have stood still.
    if (wall <= steady) return steady;
    [base, since] = [wall, clock.monotonic()];
    return wall;
  };
}
