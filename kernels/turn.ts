/** Letting the host's event loop turn in the middle of long work: timers, signals and connections get their turn. */

/** So often the host looks at its connections, at one to two milliseconds each time. */
const LOOK_MILLISECONDS = 100;

/**
 * Makes a function that resolves after the event loop has turned. By a message to itself that takes some microseconds, but then Deno looks at
 * its connections in one turn of a dozen only, and of a caller who hung up one would hear a dozen iterations later. So a turn that comes
 * 100 ms after the last look, or later, waits for a timer: then Deno looks. `now` gives milliseconds from an arbitrary start.
 */
export function createTurn({ now }: { now(): number }): () => Promise<void> {
  let looked = now();
  return () =>
    new Promise((resolve) => {
      if (now() - looked >= LOOK_MILLISECONDS) {
        setTimeout(() => {
          looked = now();
          resolve();
        }, 0);
        return;
      }
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
}

/** Makes a function that resolves so many seconds later, and at once, but after a turn, where they are 0. */
export function createPause(): (seconds: number) => Promise<void> {
  const turn = createTurn({ now: () => performance.now() });
  return (seconds) => seconds > 0 ? new Promise((resolve) => setTimeout(resolve, 1000 * seconds)) : turn();
}
