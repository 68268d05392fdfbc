/**
 * Threads on one shared memory. The main thread gives a command and works along; the others wait for it without being busy. A command
 * is either a module to instantiate or a pass whose range is taken in chunks, whichever thread is free.
 */

import { DeviceError } from "../errors.ts";
import { COMMANDS, type Program, runChunks, type Task, WORDS, writeTask } from "./device_tasks.ts";

/** The threads of a device. */
export interface Threads extends Disposable {
  /** How many, the main thread included. */
  readonly count: number;
  /** Gives every thread its instance of a module. @throws {DeviceError} if a thread fails */
  open(program: Program): void;
  /** Runs a pass on all threads, to its end. @throws {DeviceError} if a thread fails or does not answer */
  run(task: Task): void;
}

/** What a worker is told at its start. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  /** 1 for the first worker. */
  readonly thread: number;
}

/** A thread that does nothing for so long is taken for dead. */
const PATIENCE_MS = 60_000;

/** Starts `count - 1` workers. @throws {DeviceError} if one does not start */
export async function startThreads(memory: WebAssembly.Memory, count: number): Promise<Threads> {
  const words = new Int32Array(count > 1 ? new SharedArrayBuffer(4 * WORDS.count) : new ArrayBuffer(4 * WORDS.count));
  const workers: Worker[] = [];
  try {
    const starting = Array.from({ length: count - 1 }, (_, i) => {
      const worker = new Worker(new URL("./device_worker.ts", import.meta.url), { type: "module" });
      workers.push(worker);
      return startWorker(worker, { memory, words, thread: i + 1 });
    });
    await Promise.all(starting);
  } catch (cause) {
    workers.forEach((worker) => worker.terminate());
    throw new DeviceError(
      `Cannot start ${count} threads: a worker did not start (${String(cause)}), expected all; use fewer threads`,
      { threads: count },
      cause,
    );
  }
  const programs: Program[] = [];

  function command(kind: number): void {
    Atomics.store(words, WORDS.done, 0);
    Atomics.store(words, WORDS.failed, 0);
    Atomics.store(words, WORDS.command, kind);
    Atomics.add(words, WORDS.epoch, 1);
    Atomics.notify(words, WORDS.epoch);
  }

  return {
    count,
    open(program) {
      programs[program.id] = program;
      if (workers.length === 0) return;
      writeTask(words, program.message);
      command(COMMANDS.open);
      waitForAll(words, workers.length);
    },
    run(task) {
      writeTask(words, task.message);
      if (workers.length > 0 && task.range.end - task.range.start > 1) command(COMMANDS.run);
      else Atomics.store(words, WORDS.done, workers.length);
      runChunks(words, programs[task.program]!.passes);
      waitForAll(words, workers.length);
    },
    [Symbol.dispose]() {
      command(COMMANDS.stop);
      workers.forEach((worker) => worker.terminate());
    },
  };
}

function startWorker(worker: Worker, start: ThreadStart): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => {
      // What listens knows the memory, and lives on with the worker.
      worker.onmessage = null;
      worker.onerror = null;
      resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(start);
  });
}

function waitForAll(words: Int32Array, count: number): void {
  let done = Atomics.load(words, WORDS.done);
  let next = Atomics.load(words, WORDS.next);
  while (done < count) {
    const answer = Atomics.wait(words, WORDS.done, done, PATIENCE_MS);
    done = Atomics.load(words, WORDS.done);
    const now = Atomics.load(words, WORDS.next);
    if (answer === "timed-out" && now === next) {
      throw new DeviceError(
        `Cannot go on: found ${count - done} of ${count} threads without an answer for ${
          PATIENCE_MS / 1000
        } s, expected all; run again with --threads 1`,
        { threads: count + 1 },
      );
    }
    next = now;
  }
  if (Atomics.load(words, WORDS.failed) !== 0) {
    throw new DeviceError(
      "Cannot go on: found a thread that failed, expected all to end their part; run again with --threads 1",
      { threads: count + 1 },
    );
  }
}
