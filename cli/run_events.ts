/** The events of a run at a server, over lost connections and restarts of the server. */

import { isPtychoError } from "../core/errors.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { wait } from "../functions/wait.ts";
import type { ApiClient } from "./api_client.ts";

/** How events are listened to. */
export interface ListenOptions {
  readonly signal: AbortSignal;
  /** Is told once each time that the connection is lost. */
  lost(): void;
  readonly retryMilliseconds?: number;
}

/**
 * The run whenever it has gone on, until it ends.
 *
 * @throws {DataError} if the server cannot be reached at first, or refuses @throws the reason of `signal`
 */
export async function* eventsOf(
  client: ApiClient,
  id: string,
  { signal, lost, retryMilliseconds = 1000 }: ListenOptions,
): AsyncGenerator<LinkedRun> {
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  let [last, isConnected, wasConnected]: [string | null, boolean, boolean] = [null, true, false];
  for (;;) {
    try {
      const headers: Record<string, string> = last === null ? {} : { "last-event-id": last };
      const response = await client.fetch("GET", `${path}/events`, { headers, signal });
      [isConnected, wasConnected] = [true, true];
      // It ended while nobody listened, and that is known.
      if (response.status === 204) return yield await client.call<LinkedRun>("GET", path, { signal });
      for await (const { id, event, data } of readEvents(response.body!)) {
        last = id;
        yield JSON.parse(data) as LinkedRun;
        if (event === "end") return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!wasConnected || !isOutage(error)) throw error;
    }
    if (isConnected) lost();
    isConnected = false;
    await wait(retryMilliseconds, signal);
  }
}

/** A server-sent event. */
interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Whole events of a stream; comments are skipped. @see HTML standard, server-sent events */
async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerEvent> {
  let text = "";
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const valueOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = valueOf("data");
      if (data !== undefined) yield { id: valueOf("id") ?? "", event: valueOf("event") ?? "message", data };
    }
  }
}

/** Whether the server is away, or starting, as opposed to refusing. */
function isOutage(error: unknown): boolean {
  if (isPtychoError(error, "DataError")) return "server" in error.fields || error.fields.tag === "Busy";
  // What a connection ends with that is cut off.
  return error instanceof TypeError || error instanceof Deno.errors.Http ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.UnexpectedEof;
}
