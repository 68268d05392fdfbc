/** Letting the host's event loop turn in the middle of long work: timers, signals and connections get their turn. */

/** So often the host looks at its connections, at some hundredths of a millisecond each time and what requests then take. */
const LOOK_MILLISECONDS = 10;

/** How often it looks then: a request is read in one, answered in the next, and the answer written in the third. */
const LOOKS = 3;

/** So often it waits for a timer instead, in which it looks more thoroughly: a caller who hangs up is heard for certain then. */
const WAIT_MILLISECONDS = 100;

/** What is hashed to let the host look. */
const NOTHING = new Uint8Array(1);

/**
 * Makes a function that resolves after the event loop has turned. By a message to itself that takes some microseconds, but then Deno looks at
 * its connections in one turn of some dozens only. So a turn that comes 10 ms after the last look, or later, waits for something that is done
 * outside of the event loop and takes next to no time, a hash: then Deno looks. (A timer does it too, and takes one to two milliseconds.)
 * `now` gives milliseconds from an arbitrary start.
 */
export function createTurn({ now }: { now(): number }): () => Promise<void> {
  let [looked, waited] = [now(), now()];
  return async () => {
    if (now() - looked < LOOK_MILLISECONDS) return await message();
    for (let i = 0; i < LOOKS; i++) await look();
    if (now() - waited >= WAIT_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      waited = now();
    }
    looked = now();
  };
}

async function look(): Promise<void> {
  // Pages that do not come by HTTPS have no such thing.
  if (globalThis.crypto?.subtle === undefined) return await new Promise((resolve) => setTimeout(resolve, 0));
  await crypto.subtle.digest("SHA-256", NOTHING);
}

function message(): Promise<void> {
  return new Promise((resolve) => {
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
