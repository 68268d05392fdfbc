/** Processes of `orchestrator_worker.ts`, as the tests that kill them see them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Task } from "./orchestrator_worker.ts";

/** A process, until it ends or is killed. */
export interface WorkerProcess {
  /** When it works. */
  readonly ready: Promise<void>;
  /** The last line it wrote, when it has ended by itself; null if it was killed. */
  readonly ended: Promise<string | null>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Ends it at once; harmless if it has ended. */
  kill(): Promise<void>;
}

/** Starts a process, with no more rights than it needs. */
export function startWorker(task: Task): WorkerProcess {
  const root = join(import.meta.dirname!, "../..");
  const rights = ["--allow-read", "--allow-write", "--allow-env", "--allow-net=127.0.0.1"];
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--config", join(root, "deno.json"), ...rights],
      join(import.meta.dirname!, "orchestrator_worker.ts"),
      JSON.stringify(task),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let killed = false;
  const ready = Promise.withResolvers<void>();
  const errors = new Response(process.stderr).text();

  async function read(): Promise<string | null> {
    let text = "";
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.startsWith("ready\n")) ready.resolve();
    }
    const { code } = await process.status;
    const said = await errors;
    ready.resolve();
    if (killed) return null;
    assert.equal(code, 0, said);
    return text.trim().split("\n").at(-1)!;
  }

  return {
    ready: ready.promise,
    ended: read(),
    signal: (signal) => process.kill(signal),
    async kill() {
      killed = true;
      try {
        process.kill("SIGKILL");
      } catch (error) {
        // It has ended.
        if (!(error instanceof TypeError)) throw error;
      }
      await process.status;
    },
  };
}
