/** A thread of the WASM device that fails every command after the first forty. */

import { WORDS } from "../../kernels/wasm/device_tasks.ts";
import "../../kernels/wasm/device_worker.ts";

const { wait, load } = Atomics;
let commands = 0;

Object.assign(Atomics, {
  wait(words: Int32Array, index: number, value: number): string {
    commands++;
    return wait(words, index, value);
  },
  load(words: Int32Array, index: number): number {
    // Where the thread reads what it is to do.
    if (commands > 40 && index === WORDS.message) throw new Error("this thread is dead");
    return load(words, index);
  },
});
