/**
 * The thread that does stages: what they compute leaves no time to answer requests, so that the thread that answers them only passes
 * calls on. Runs as a worker of open_stage_thread.ts.
 */

import type { Log } from "../functions/operation/log.ts";
import type { Meter } from "../functions/operation/meter.ts";
import { TRACEPARENT } from "../functions/operation/trace.ts";
import { USAGE_HEADER } from "../functions/operation/stage_meter.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { failureOf } from "../workflows/orchestrator.ts";
import type { FromThread, ToThread } from "./open_stage_thread.ts";
import { openStages, type Stages } from "./open_stages.ts";

const host = globalThis as unknown as {
  postMessage(message: FromThread): void;
  onmessage: (event: MessageEvent<ToThread>) => void;
};
const calls = new Map<number, AbortController>();
const listening = new Map<number, () => void>();
let last = 0;
let stages: Stages | null = null;
let isEnding = false;

host.onmessage = ({ data }) => {
  if ("open" in data) open(data.open);
  else if ("call" in data) answer(data);
  else if ("abort" in data) calls.get(data.abort)?.abort();
  else if ("heard" in data) heard(data.heard);
  else if ("ending" in data) isEnding = true;
  else close();
};

host.postMessage({ loaded: true });

async function open(config: ServerConfig): Promise<void> {
  try {
    stages = await openStages(config, { write, meter, isEnding: () => isEnding, listen });
    host.postMessage({ opened: null });
  } catch (error) {
    host.postMessage({ opened: failureOf(error) });
  }
}

async function close(): Promise<void> {
  await stages?.publishWarm();
  stages?.[Symbol.dispose]();
  host.postMessage({ closed: true });
}

function heard(id: number): void {
  listening.get(id)?.();
  listening.delete(id);
}

/** Waits until the aborts that are on their way have come. */
function listen(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  listening.set(++last, resolve);
  host.postMessage({ listen: last });
  return promise;
}

async function answer({ call: id, url, body, parent }: Extract<ToThread, { readonly call: number }>): Promise<void> {
  const controller = new AbortController();
  calls.set(id, controller);
  const headers = { "content-type": "application/json", ...(parent === null ? {} : { [TRACEPARENT]: parent }) };
  try {
    const response = await stages!.fetch(
      new Request(url, { method: "POST", headers, body, signal: controller.signal }),
    );
    const { status } = response;
    host.postMessage({ answer: id, status, body: await response.text(), usage: response.headers.get(USAGE_HEADER) });
  } finally {
    calls.delete(id);
  }
}

function write(...line: Parameters<Log["write"]>): void {
  host.postMessage({ log: line });
}

/** Counts where the metrics are told. */
const meter: Pick<Meter, "add" | "observe"> = {
  add: (...counted) => host.postMessage({ add: counted }),
  observe: (...observed) => host.postMessage({ observe: observed }),
};
