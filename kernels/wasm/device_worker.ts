/** A thread of the WASM device: waits for commands in the shared memory. Started by device_threads.ts. */

import { COMMANDS, instantiateProgram, type Passes, PROGRAM_KINDS, runChunks, WORDS } from "./device_tasks.ts";
import type { ThreadStart } from "./device_threads.ts";

/** The worker's side of the messages. */
interface Thread {
  onmessage: ((event: MessageEvent<ThreadStart>) => void) | null;
  postMessage(message: string): void;
  close(): void;
}

const thread = globalThis as unknown as Thread;
thread.onmessage = ({ data }) => {
  thread.postMessage("ready");
  serve(data);
  thread.close();
};

function serve({ memory, words, thread }: ThreadStart): void {
  const programs: Passes[] = [];
  let seen = 0;
  for (;;) {
    Atomics.wait(words, WORDS.epoch, seen);
    seen = Atomics.load(words, WORDS.epoch);
    const command = Atomics.load(words, WORDS.command);
    if (command === COMMANDS.stop) return;
    try {
      if (command === COMMANDS.open) openProgram(programs, words, { memory, thread });
      else runChunks(words, programs[Atomics.load(words, WORDS.message)]!);
    } catch {
      // The main thread turns this into a DeviceError.
      Atomics.store(words, WORDS.failed, 1);
    }
    Atomics.add(words, WORDS.done, 1);
    Atomics.notify(words, WORDS.done);
  }
}

/** Changes `programs`. */
function openProgram(
  programs: Passes[],
  words: Int32Array,
  { memory, thread }: { memory: WebAssembly.Memory; thread: number },
): void {
  const [id, kind, at, length, scratch, scratchBytes] = Array.from(
    { length: 6 },
    (_, i) => Atomics.load(words, WORDS.message + i) >>> 0,
  ) as [number, number, number, number, number, number];
  // A module is not compiled from memory that another thread could change meanwhile.
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(memory.buffer, at, length));
  const module = new WebAssembly.Module(bytes);
  programs[id] = instantiateProgram(PROGRAM_KINDS[kind]!, module, {
    memory,
    scratchAt: scratch + thread * scratchBytes,
  });
}
