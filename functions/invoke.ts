/** Calling stages: in this process through the application itself, or over HTTP. */

import type { z } from "zod";
import { reviveError } from "../core/revive_error.ts";
import type { HttpError } from "./http_errors.ts";
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
) => Promise<OutputOf<N>>;

/** Something that answers requests, such as the application. */
export interface Fetcher {
  (request: Request): Response | Promise<Response>;
}

/** Calls through a function that answers requests. */
export function invokeBy(fetcher: Fetcher, { url = "http://exitwave", token }: {
  readonly url?: string;
  readonly token?: string;
} = {}): Invoke {
  return async (stage, input, signal) => {
    const headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const request = new Request(`${url}/v1/stages/${stage}`, {
      method: "POST",
      headers,
      body: JSON.stringify(input),
      signal,
    });
    const response = await fetcher(request);
    const body = await response.json();
    if (response.ok) return body;
    signal.throwIfAborted();
    throw reviveError((body as { error: HttpError }).error);
  };
}
