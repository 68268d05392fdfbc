/** Opens the thread that does stages, and passes calls on to it. */

import { reviveError } from "../core/revive_error.ts";
import type { Fetcher } from "../functions/invoke.ts";
import type { Log } from "../functions/operation/log.ts";
import type { Meter } from "../functions/operation/meter.ts";
import { TRACEPARENT } from "../functions/operation/trace.ts";
import { USAGE_HEADER } from "../functions/operation/stage_meter.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { watchFrost } from "./frost.ts";
import type { Operation } from "./operation.ts";
import type { RunFailure } from "../workflows/orchestrator.ts";

/** What the thread is told. */
export type ToThread =
  | { readonly open: ServerConfig }
  | { readonly call: number; readonly url: string; readonly body: string; readonly parent: string | null }
  | { readonly abort: number }
  | { readonly heard: number }
  | { readonly ending: true }
  | { readonly close: true };

/** What the thread says. */
export type FromThread =
  | { readonly loaded: true }
  | { readonly opened: RunFailure | null }
  | { readonly answer: number; readonly status: number; readonly body: string; readonly usage: string | null }
  | { readonly log: Parameters<Log["write"]> }
  | { readonly add: Parameters<Meter["add"]> }
  | { readonly observe: Parameters<Meter["observe"]> }
  | { readonly listen: number }
  | { readonly closed: true };

/** What does stages: a thread of its own, or this one. Disposing of it waits for the step in hand. */
export interface StagePart extends AsyncDisposable {
  /** Answers calls of stages. */
  readonly fetch: Fetcher;
}

/** Opens a thread as a configuration says. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStageThread(
  config: ServerConfig,
  { log, meter, ending }: Pick<Operation, "log" | "meter" | "ending">,
): Promise<StagePart> {
  const thread = new Worker(import.meta.resolve("./stage_thread.ts"), { type: "module", name: "stages" });
  const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const calls = new Map<number, (response: Response) => void>();
  const frost = watchFrost();
  let last = 0;
  const tell = (message: ToThread) => thread.postMessage(message);

  thread.onmessage = ({ data }: MessageEvent<FromThread>) => {
    // What is posted while its modules load is lost: one of them waits at its top.
    if ("loaded" in data) return tell({ open: config });
    if ("log" in data) return log.write(...data.log);
    if ("add" in data) return meter.add(...data.add);
    if ("observe" in data) return meter.observe(...data.observe);
    if ("listen" in data) return void frost.thawed().then(() => tell({ heard: data.listen }));
    if ("closed" in data) return closed.resolve();
    if ("opened" in data) return data.opened === null ? opened.resolve() : opened.reject(reviveError(data.opened));
    const { status, body, usage } = data;
    calls.get(data.answer)?.(
      new Response(body, { status, ...(usage === null ? {} : { headers: { [USAGE_HEADER]: usage } }) }),
    );
    calls.delete(data.answer);
  };

  ending.addEventListener("abort", () => tell({ ending: true }));

  async function answer(request: Request): Promise<Response> {
    const body = await request.text();
    const { signal, url } = request;
    signal.throwIfAborted();
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<Response>();
    calls.set(id, resolve);
    const abort = () => tell({ abort: id });
    signal.addEventListener("abort", abort);
    tell({ call: id, url, body, parent: request.headers.get(TRACEPARENT) });
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
