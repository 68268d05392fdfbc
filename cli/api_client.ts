/** A server of Exitwave as commands speak to it: one address, one token, errors that say what to do. */

import type { Command } from "commander";
import { DataError, isPtychoError } from "../core/errors.ts";
import { reviveError } from "../core/revive_error.ts";
import type { HttpError } from "../functions/http_errors.ts";

/** The flags of commands that speak to a server. */
export interface ServerFlag {
  readonly server?: string;
}

/** A server. */
export interface ApiClient {
  /** Without a slash at its end. */
  readonly address: string;
  /** Any answer that is a success. @throws what the server refused, as an error of Exitwave; DataError if it cannot be reached */
  fetch(method: string, path: string, init?: ApiRequest): Promise<Response>;
  /** The JSON of an answer; null if it has no body. @throws as `fetch` */
  call<T>(method: string, path: string, init?: ApiRequest): Promise<T>;
}

/** What is sent beside method and path. */
export interface ApiRequest {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead. */
  readonly bytes?: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Where `exitwave serve` listens unless told otherwise. */
const DEFAULT_SERVER = "http://127.0.0.1:8642";

/** Adds the option that names a server. */
export function withServerOption(command: Command): Command {
  return command.option("--server <address>", `the server (default: EXITWAVE_SERVER, else ${DEFAULT_SERVER})`);
}

/** The server that a command is to speak to. @throws {DataError} for an address that is none */
export function createApiClient({ server }: ServerFlag): ApiClient {
  const address = addressOf(server ?? Deno.env.get("EXITWAVE_SERVER") ?? DEFAULT_SERVER);
  const token = Deno.env.get("EXITWAVE_TOKEN");

  async function send(
    method: string,
    path: string,
    { json, bytes, headers, signal }: ApiRequest = {},
  ): Promise<Response> {
    const response = await reach(`${address}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      redirect: "error",
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(bytes === undefined ? {} : { body: bytes }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return response;
    throw await refusal(response, address);
  }

  return {
    address,
    fetch: send,
    async call(method, path, init) {
      const text = await (await send(method, path, init)).text();
      return text === "" ? null : JSON.parse(text);
    },
  };
}

function addressOf(server: string): string {
  const url = URL.parse(server);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw new DataError(`Cannot reach a server: found the address "${server}", expected one such as ${DEFAULT_SERVER}`);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    const { host, origin } = new URL(url);
    if (cause instanceof Deno.errors.NotCapable) {
      const message = `Cannot reach the server at ${origin}: found no permission; run Deno with --allow-net=${host}`;
      throw new DataError(message, { server: origin }, cause);
    }
    const message =
      `Cannot reach the server at ${origin}: found no answer there; start one with \`exitwave serve\`, or ` +
      "name another with --server or EXITWAVE_SERVER";
    throw new DataError(message, { server: origin }, cause);
  }
}

/** What a server refuses is the user's to mend, or what it says of itself. */
async function refusal(response: Response, address: string): Promise<Error> {
  const text = await response.text();
  let error: HttpError;
  try {
    ({ error } = JSON.parse(text) as { readonly error: HttpError });
    if (typeof error.message !== "string") throw new SyntaxError("no error");
  } catch (cause) {
    const found = `HTTP ${response.status} ${text.slice(0, 200)}`.trim();
    return new DataError(`Cannot use ${address}: found ${found}, expected a server of Exitwave`, { found }, cause);
  }
  if (response.status === 401 && Deno.env.get("EXITWAVE_TOKEN") === undefined) {
    return new DataError(`${error.message}; set EXITWAVE_TOKEN`, { tag: error.tag });
  }
  const revived = reviveError(error);
  return isPtychoError(revived) ? revived : new DataError(error.message, { ...error.fields, tag: error.tag });
}
