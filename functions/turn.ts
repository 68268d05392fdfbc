/** Letting the host's event loop turn in the middle of long work: timers, signals and messages get their turn. */

/** Resolves after the event loop has turned; takes some microseconds, where a timer takes a millisecond. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
