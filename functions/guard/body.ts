/** Bodies within limits: so many bytes, within so much time, nested so deep. */

import { createMiddleware } from "hono/factory";
import { refuse } from "./refusal.ts";

/** Limits of a body. */
export interface BodyLimits {
  readonly bytes: number;
  /** Milliseconds until the whole of it must be there. */
  readonly milliseconds: number;
  /** How deep lists and groups of JSON may be nested. */
  readonly depth: number;
}

/** A setting by its name in the configuration, for messages. */
const SETTING = {
  bytes: "limits.body_bytes",
  milliseconds: "limits.body_seconds",
  depth: "limits.json_depth",
} as const;

/**
 * Reads the body of a request before anything else sees it: 413 if it is too large, 408 if it takes too long, 422 if it is JSON that is
 * nested too deep, whose reading may take more stack than there is. `isStreamed`: requests whose handler reads the body in parts.
 */
export function limitBody(limits: BodyLimits, { isStreamed }: { readonly isStreamed: (request: Request) => boolean }) {
  return createMiddleware(async (c, next) => {
    const request = c.req.raw;
    if (request.body === null || isStreamed(request)) return await next();
    if (Number(request.headers.get("content-length") ?? 0) > limits.bytes) return tooLarge(limits);
    const bytes = await readBody(request.body, limits);
    if (bytes instanceof Response) return bytes;
    if (jsonDepth(bytes) > limits.depth) return tooDeep(limits);
    c.req.raw = new Request(request, { body: bytes });
    await next();
  });
}

/** How deep lists and groups are nested in a text, if it is JSON; counted without reading it. */
export function jsonDepth(text: Uint8Array): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === LIST || byte === GROUP) deepest = Math.max(deepest, ++depth);
    else if (byte === LIST_END || byte === GROUP_END) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH, LIST, LIST_END, GROUP, GROUP_END] = [...new TextEncoder().encode('"\\[]{}')];

async function readBody(
  body: ReadableStream<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer> | Response> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), limits.milliseconds);
  try {
    for (;;) {
      const part = await Promise.race([reader.read(), late]);
      if (part === "late") return tooSlow(limits);
      if (part.done) break;
      size += part.value.length;
      if (size > limits.bytes) return tooLarge(limits);
      parts.push(part.value);
    }
  } finally {
    clearTimeout(timer);
    // What was refused is not read to its end.
    reader.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function tooLarge({ bytes }: BodyLimits): Response {
  const message = `Cannot take the body: found more than ${bytes} bytes, expected at most those; see ${SETTING.bytes}`;
  return refuse({ status: 413, tag: "TooLarge", message, fields: { limit: bytes, setting: SETTING.bytes } });
}

function tooSlow({ milliseconds }: BodyLimits): Response {
  const setting = SETTING.milliseconds;
  const message = `Cannot take the body: found it unfinished after ${milliseconds / 1000} s; see ${setting}`;
  const fields = { limit: milliseconds / 1000, setting };
  return refuse({ status: 408, tag: "TooLarge", message, fields, headers: { connection: "close" } });
}

function tooDeep({ depth }: BodyLimits): Response {
  const setting = SETTING.depth;
  const message =
    `Cannot read the body: found lists and groups nested more than ${depth} deep, expected at most that; see ${setting}`;
  return refuse({ status: 422, tag: "ParameterError", message, fields: { limit: depth, setting } });
}
