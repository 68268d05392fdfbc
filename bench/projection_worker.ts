/** A thread of bench/projection.ts: runs its share of a pass and answers. */

import { instantiateProjection, type ProjectionPasses } from "../kernels/wasm/pass_instances.ts";

/** What the thread is told once. */
export interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratchAt: number;
}

/** What it is told for each pass. */
export interface Share {
  readonly pass: keyof ProjectionPasses;
  readonly job: number;
  readonly range: { readonly pods: number; readonly start: number; readonly end: number };
}

/** The worker's side of the messages. */
interface Thread {
  onmessage: ((event: MessageEvent<Start | Share>) => void) | null;
  postMessage(message: string): void;
}

const thread = globalThis as unknown as Thread;
let passes: ProjectionPasses | undefined;
thread.onmessage = ({ data }) => {
  if ("module" in data) passes = instantiateProjection(data.module, data);
  else passes![data.pass](data.job, data.range);
  thread.postMessage("done");
};
