/** How a run goes on, as server-sent events. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { RUN_NAME } from "../inputs.ts";
import { ApiError } from "../http_errors.ts";
import { wait } from "../wait.ts";
import { errorResponses } from "./responses.ts";
import { isAtEnd, type RunRecord, type RunService } from "./run_service.ts";
import { withLinks } from "./run_links.ts";

/** How events are sent. */
export interface EventOptions {
  /** When aborted, streams end; clients come back. */
  readonly stopping: AbortSignal;
  /** How often it is looked whether something happened. */
  readonly pollMilliseconds?: number;
  /** After so long without an event a comment is sent, so that nobody on the way takes the connection for dead. */
  readonly heartbeatMilliseconds?: number;
}

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };

const EVENTS = createRoute({
  method: "get",
  path: "/v1/runs/{id}/events",
  summary: "Tells by server-sent events how a run goes on, until its end",
  description:
    "Events `progress` whenever something changed, at most five a second, and one event `end`; the data of each is the " +
    "run as GET /v1/runs/{id} gives it. A client that comes back with `Last-Event-ID` is not told again what it knows; for one " +
    "that knows the end there is 204.",
  tags: ["runs"],
  request: {
    params: z.strictObject({ id: RUN_NAME }),
    headers: z.object({
      "last-event-id": z.string().max(200).optional().meta({
        description: "The id of the last event that was received",
      }),
    }),
  },
  responses: {
    200: { description: "A stream of events", content: { "text/event-stream": { schema: z.string() } } },
    204: { description: "The client knows the end" },
    ...errorResponses(404, 422, 503),
  },
});

/** Adds the route of events to an application. */
export function mountEvents(app: OpenAPIHono, runs: Pick<RunService, "view">, options: EventOptions): void {
  app.openapi(EVENTS, async (c) => {
    const run = await runs.view(c.req.valid("param").id);
    const known = c.req.valid("header")["last-event-id"] ?? null;
    if (isAtEnd(run) && known === eventId(run)) return c.body(null, 204);
    // Nobody would read the stream, nor end it.
    if (c.req.raw.method === "HEAD") return c.body(null, 200, HEADERS) as never;
    const gone = new AbortController();
    const signal = AbortSignal.any([options.stopping, gone.signal, c.req.raw.signal]);
    const events = ReadableStream.from(eventsOf(run, { runs, known, signal, options }));
    // Ends the wait for the next event at once, where cancelling a generator waits for it.
    const stream = events.pipeThrough(new TransformStream({ cancel: () => gone.abort() }));
    return new Response(stream.pipeThrough(new TextEncoderStream()), { headers: HEADERS }) as never;
  });
}

interface Watch {
  readonly runs: Pick<RunService, "view">;
  /** The last event that the client has. */
  readonly known: string | null;
  readonly signal: AbortSignal;
  readonly options: EventOptions;
}

async function* eventsOf(first: RunRecord, { runs, known, signal, options }: Watch): AsyncGenerator<string> {
  const { pollMilliseconds = 200, heartbeatMilliseconds = 15_000 } = options;
  let [sent, quiet] = [known, 0];
  try {
    // Where a proxy or a client waits for the first byte.
    yield ": exitwave\n\n";
    for (let run = first;; run = await runs.view(first.id)) {
      if (eventId(run) !== sent) {
        sent = eventId(run);
        quiet = 0;
        yield eventText(run);
      } else if (quiet >= heartbeatMilliseconds) {
        quiet = 0;
        yield ": still here\n\n";
      }
      if (isAtEnd(run)) return;
      await wait(pollMilliseconds, signal);
      quiet += pollMilliseconds;
    }
  } catch (error) {
    // The run was removed, or nobody listens any more.
    if (!signal.aborted && !(error instanceof ApiError)) throw error;
  }
}

/** Different whenever there is something to tell. */
function eventId({ status, progress, files }: RunRecord): string {
  return `${status}-${progress?.iterations ?? "none"}-${files.length}`;
}

function eventText(run: RunRecord): string {
  const name = isAtEnd(run) ? "end" : "progress";
  return `id: ${eventId(run)}\nevent: ${name}\ndata: ${JSON.stringify(withLinks(run))}\n\n`;
}
