/** Calling stages: in this process through the application itself, or over HTTP. */

import type { z } from "zod";
import { reviveError } from "../core/revive_error.ts";
import { DeviceError } from "../kernels/errors.ts";
import type { HttpError } from "./http_errors.ts";
import { type Usage, usageOf } from "./operation/stage_meter.ts";
import { parentHeader } from "./operation/span.ts";
import { runHeader, TRACEPARENT } from "./operation/trace.ts";
import type { STAGES } from "./stages/mod.ts";

type Stages = { readonly [S in (typeof STAGES)[number] as S["name"]]: S };

/** Input of a stage as a caller writes it. */
export type InputOf<N extends keyof Stages> = z.input<Stages[N]["input"]>;

/** What a stage gives. */
export type OutputOf<N extends keyof Stages> = z.output<Stages[N]["output"]>;

/**
 * Calls a stage by its name.
 * @throws the error that the stage ended with
 */
export type Invoke = <N extends keyof Stages & string>(
  stage: N,
  input: InputOf<N>,
  signal: AbortSignal,
) => Promise<OutputOf<N> & { readonly usage?: Usage }>;

/** Something that answers requests, such as the application. */
export interface Fetcher {
  (request: Request): Response | Promise<Response>;
}

/** Who was called cannot be reached, or takes no calls now: another process may do it, or the same one later. */
export class AwayError extends DeviceError {
  constructor(stage: string, { url, found, cause }: { url: string; found: string; cause?: unknown }) {
    const message = `Cannot call the stage "${stage}" at ${url}: found ${found}; see that a worker runs there`;
    super(message, { stage, url }, cause);
  }
}

/** Calls through a function that answers requests. @throws {AwayError} (of what is returned) */
export function invokeBy(fetcher: Fetcher, { url = "http://exitwave", token }: {
  readonly url?: string;
  readonly token?: string;
} = {}): Invoke {
  return async (stage, input, signal) => {
    const headers = {
      "content-type": "application/json",
      [TRACEPARENT]: parentHeader() ?? runHeader(input.run),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const request = new Request(`${url}/v1/stages/${stage}`, {
      method: "POST",
      headers,
      body: JSON.stringify(input),
      signal,
    });
    const { ok, status, body, usage } = await answerOf(fetcher, request);
    if (ok && body !== null) return { ...body as OutputOf<typeof stage>, ...(usage === undefined ? {} : { usage }) };
    signal.throwIfAborted();
    const error = (body as { readonly error?: HttpError } | null)?.error;
    if (status === 503 && error?.tag === "Busy") throw new AwayError(stage, { url, found: error.message });
    if (typeof error?.tag === "string") throw reviveError(error);
    throw new AwayError(stage, { url, found: `HTTP ${status} without an answer in JSON` });

    async function answerOf(fetcher: Fetcher, request: Request): Promise<Answer> {
      try {
        const response = await fetcher(request);
        const { ok, status, headers } = response;
        return { ok, status, body: parsed(await response.text()), usage: usageOf(headers) };
      } catch (cause) {
        signal.throwIfAborted();
        // What fetch throws for whatever happens to a connection.
        if (!(cause instanceof TypeError)) throw cause;
        throw new AwayError(stage, { url, found: "no connection, or one that broke", cause });
      }
    }
  };
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Null if it is no JSON. */
  readonly body: unknown;
  /** What it cost; undefined if that was not measured. */
  readonly usage: Usage | undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy that answers for a worker that is away, with a page.
    return null;
  }
}
