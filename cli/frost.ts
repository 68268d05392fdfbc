/**
 * Knowing that this process was frozen: it does not know yet, then, that its callers gave it up. Only what was told to it meanwhile says
 * so, and takes a while to come through.
 */

/** Between two looks at the clock. */
const BEAT_MILLISECONDS = 100;

/** So much later than it should be, a look says that the process was frozen. */
const FROST_MILLISECONDS = 500;

/** In so long everything that happened meanwhile has come through. */
const THAW_MILLISECONDS = 1000;

/** Looks at the clock until it is disposed of. */
export interface FrostWatch extends Disposable {
  /** Waits until what happened so far has come through, which takes long only after a frost. */
  thawed(): Promise<void>;
}

/** Begins to look. */
export function watchFrost(): FrostWatch {
  let last = performance.now();
  let warm = last;
  function look(): void {
    const now = performance.now();
    if (now - last > BEAT_MILLISECONDS + FROST_MILLISECONDS) warm = now + THAW_MILLISECONDS;
    last = now;
  }
  const beat = setInterval(look, BEAT_MILLISECONDS);
  return {
    async thawed() {
      // A turn of the event loop, for what has come in while this thread did something else.
      do {
        await new Promise((resolve) => setTimeout(resolve));
        look();
      } while (performance.now() < warm);
    },
    [Symbol.dispose]: () => clearInterval(beat),
  };
}
