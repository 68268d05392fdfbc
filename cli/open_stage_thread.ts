/** Opens the thread that does stages, and passes calls on to it. */

import { reviveError } from "../core/revive_error.ts";
import type { Fetcher } from "../functions/invoke.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { watchFrost } from "./frost.ts";
import type { RunFailure } from "../workflows/orchestrator.ts";

/** What the thread is told. */
export type ToThread =
  | { readonly open: ServerConfig }
  | { readonly call: number; readonly url: string; readonly body: string }
  | { readonly abort: number }
  | { readonly heard: number }
  | { readonly close: true };

/** What the thread says. */
export type FromThread =
  | { readonly loaded: true }
  | { readonly opened: RunFailure | null }
  | { readonly answer: number; readonly status: number; readonly body: string }
  | { readonly say: string }
  | { readonly listen: number }
  | { readonly closed: true };

/** A thread that does stages. Disposing of it waits for the step in hand. */
export interface StageThread extends AsyncDisposable {
  /** Answers calls of stages. */
  readonly fetch: Fetcher;
}

/** Opens a thread as a configuration says. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStageThread(config: ServerConfig, say: (text: string) => void): Promise<StageThread> {
  const thread = new Worker(import.meta.resolve("./stage_thread.ts"), { type: "module", name: "stages" });
  const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const calls = new Map<number, (response: Response) => void>();
  const frost = watchFrost();
  let last = 0;
  const tell = (message: ToThread) => thread.postMessage(message);

  thread.onmessage = ({ data }: MessageEvent<FromThread>) => {
    // What is posted while its modules load is lost: one of them waits at its top.
    if ("loaded" in data) return tell({ open: config });
    if ("say" in data) return say(data.say);
    if ("listen" in data) return void frost.thawed().then(() => tell({ heard: data.listen }));
    if ("closed" in data) return closed.resolve();
    if ("opened" in data) return data.opened === null ? opened.resolve() : opened.reject(reviveError(data.opened));
    calls.get(data.answer)?.(new Response(data.body, { status: data.status }));
    calls.delete(data.answer);
  };

  async function answer(request: Request): Promise<Response> {
    const body = await request.text();
    const { signal, url } = request;
    signal.throwIfAborted();
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<Response>();
    calls.set(id, resolve);
    const abort = () => tell({ abort: id });
    signal.addEventListener("abort", abort);
    tell({ call: id, url, body });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async function close(): Promise<void> {
    tell({ close: true });
    await closed.promise;
    frost[Symbol.dispose]();
    thread.terminate();
  }

  try {
    await opened.promise;
  } catch (error) {
    frost[Symbol.dispose]();
    thread.terminate();
    throw error;
  }
  return { fetch: answer, [Symbol.asyncDispose]: close };
}
