/**
 * Signed requests to one bucket of an S3-compatible server, repeated while the server is away or busy. No message of an error
 * holds more than the endpoint, the bucket, the object's name and the server's error code.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { DataError } from "../core/errors.ts";
import { isKey } from "./artifacts.ts";

/** Where the bucket is, and who asks. */
export interface S3Settings {
  /** Such as `https://s3.example.org` or `http://127.0.0.1:7480`; the bucket becomes the first part of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Begins the names of all objects, without a slash at its end; may be empty. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly patience?: S3Patience;
}

/** How long a server may be away. */
export interface S3Patience {
  /** How often a request is tried. */
  readonly attempts: number;
  /** Pause after the first attempt; it doubles up to 5 s. */
  readonly firstPauseMs: number;
  /** Without a byte for so long a connection is dead. An upload gets the time of a slow line, 1 MB/s, on top. */
  readonly silenceMs: number;
}

/** A request. */
export interface S3Call {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Object below the prefix, empty for the bucket. */
  readonly name: string;
  /** For messages: `read artifact "x"`. */
  readonly purpose: string;
  /** Statuses that `read` handles; busy servers are asked again, all others are a DataError. */
  readonly expect: readonly number[];
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
  /** How often it is tried, if not as often as the settings say. */
  readonly attempts?: number;
}

/** An answer with an expected status. */
export interface S3Answer {
  readonly response: Response;
  /** 0 for the first; later ones may find what an earlier one did, though it was not heard of. */
  readonly attempt: number;
  /** Hands on the body piece by piece. @throws {TransientError} if it is cut off or stalls */
  stream(piece: (bytes: Uint8Array) => void): Promise<void>;
}

/** A bucket. */
export interface S3Client {
  /** Endpoint and bucket, for messages. */
  readonly place: string;
  /** What the names of all objects begin with. */
  readonly prefix: string;
  /**
   * Sends a request and reads its answer, again and again while either fails.
   *
   * @throws {DataError} if the server refuses it, or is still away after the last attempt @throws the reason of its signal
   */
  call<T>(call: S3Call, read: (answer: S3Answer) => Promise<T> | T): Promise<T>;
}

/** What may be different the next time; does not leave the client. */
export class TransientError extends Error {}

/** Ten refused attempts take about 20 s: longer than a server needs to start again. */
const PATIENCE: S3Patience = { attempts: 10, firstPauseMs: 100, silenceMs: 30_000 };
const LONGEST_PAUSE_MS = 5000;

const SLOW_BYTES_PER_MS = 1000;

const MAX_TEXT_BYTES = 16e6;

/** The text of an answer, of which no more than 16 MB are kept: a list has at most 1000 names. */
export async function readText(stream: S3Answer["stream"]): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  await stream((piece) => {
    bytes += piece.length;
    if (bytes <= MAX_TEXT_BYTES) pieces.push(piece);
  });
  return Buffer.concat(pieces).toString();
}

/** Speaks to a bucket; nothing is sent before the first call. @throws {RangeError} for an endpoint, bucket or prefix that is none */
export function createS3Client(settings: S3Settings): S3Client {
  const { patience = PATIENCE } = settings;
  const base = baseUrl(settings);
  const prefix = settings.prefix === "" ? "" : `${settings.prefix}/`;
  return {
    place: base,
    prefix,
    async call(call, read) {
      const fail = (found: string, todo: string, cause?: unknown): DataError =>
        new DataError(`Cannot ${call.purpose} in "${base}": found ${found}; ${todo}`, { place: base, found }, cause);
      const url = new URL(call.name === "" ? base : `${base}/${prefix}${call.name}`);
      for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
      for (let attempt = 0;; attempt++) {
        call.signal?.throwIfAborted();
        try {
          return await tryOnce(url, { call, settings: { ...settings, patience }, attempt, fail }, read);
        } catch (error) {
          call.signal?.throwIfAborted();
          if (!(error instanceof TransientError)) throw error;
          if (attempt + 1 >= (call.attempts ?? patience.attempts)) {
            throw fail(`${error.message} (${attempt + 1} attempts)`, "check that the object store runs", error.cause);
          }
          await pause(Math.min(LONGEST_PAUSE_MS, patience.firstPauseMs * 2 ** attempt), call.signal);
        }
      }
    },
  };
}

interface Attempt {
  readonly call: S3Call;
  readonly settings: Required<S3Settings>;
  readonly attempt: number;
  fail(found: string, todo: string, cause?: unknown): DataError;
}

async function tryOnce<T>(
  url: URL,
  { call, settings, attempt, fail }: Attempt,
  read: (answer: S3Answer) => Promise<T> | T,
): Promise<T> {
  const { method, body, expect, signal } = call;
  const { headers } = await sign(url, call, settings);
  const { silenceMs } = settings.patience;
  using watch = watchSilence(signal, { first: silenceMs + (body?.length ?? 0) / SLOW_BYTES_PER_MS, later: silenceMs });
  let response: Response;
  try {
    const init = { method, headers, redirect: "manual", signal: watch.signal } as const;
    response = await fetch(url, body === undefined ? init : { ...init, body });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) {
      throw new TransientError(watch.signal.aborted ? "no answer" : "no connection", { cause: error });
    }
    throw fail("no permission of this process to reach it", `run Deno with --allow-net=${url.host}`, error);
  }
  watch.touch();
  try {
    const { status } = response;
    const stream: S3Answer["stream"] = (piece) => streamBody(response, piece, watch.touch);
    if (expect.includes(status)) return await read({ response, attempt, stream });
    const code = await errorCode(stream);
    if (isTransient(status)) throw new TransientError(`HTTP ${status}${code}`);
    throw fail(`HTTP ${status}${code}`, adviceFor(status));
  } finally {
    // What was not read would keep the connection.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => {});
  }
}

/** Busy, away, or (409) handling another request for the same object. */
function isTransient(status: number): boolean {
  return status >= 500 || [408, 409, 429].includes(status);
}

function adviceFor(status: number): string {
  if (status === 403) return "check the keys and their rights, and the clock of this machine";
  if (status === 404) return "check that the bucket exists";
  if (status >= 300 && status < 400) return "check the endpoint and the region";
  return "check the settings of the object store";
}

/** The hash of the body is signed too, so that the server refuses what was changed on its way. */
function sign(url: URL, call: S3Call, { accessKey, secretKey, region }: S3Settings): Promise<{ headers: Headers }> {
  const hash = createHash("sha256").update(call.body ?? new Uint8Array(0)).digest("hex");
  return new AwsV4Signer({
    method: call.method,
    url: url.href,
    headers: { ...call.headers, "x-amz-content-sha256": hash },
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: "s3",
    region,
  }).sign();
}

async function streamBody(response: Response, piece: (bytes: Uint8Array) => void, touch: () => void): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((cause) => {
        throw new TransientError("a connection that broke", { cause });
      });
      if (done) return;
      touch();
      piece(value);
    }
  } finally {
    await reader.cancel().catch(() => {}); // Broken already.
  }
}

/** The code of an error answer, such as ` (NoSuchBucket)`. The rest of it may hold what was signed and is not looked at. */
async function errorCode(stream: S3Answer["stream"]): Promise<string> {
  const code = /<Code>(\w{1,50})<\/Code>/.exec(await readText(stream).catch(() => ""))?.[1];
  return code === undefined ? "" : ` (${code})`;
}

function baseUrl({ endpoint, bucket, prefix }: S3Settings): string {
  const wrong = (found: string, expected: string): RangeError =>
    new RangeError(`Cannot use an object store: found ${found}, expected ${expected}`);
  const url = URL.parse(endpoint);
  const isPlain = url && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (!isPlain) throw wrong(`endpoint ${JSON.stringify(endpoint)}`, "an address such as https://s3.example.org");
  // Not repeated: it may be a password.
  if (url.username !== "" || url.password !== "") throw wrong("an endpoint with a name or password", "one without");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw wrong(`bucket ${JSON.stringify(bucket)}`, "3 to 63 lower-case letters, digits, dots and hyphens");
  }
  if (prefix !== "" && !isKey(prefix)) throw wrong(`prefix ${JSON.stringify(prefix)}`, "an artifact key, or none");
  return `${url.href.replace(/\/+$/, "")}/${bucket}`;
}

/** Aborts with `signal`, or when nothing touched it for so many ms. */
function watchSilence(signal: AbortSignal | undefined, { first, later }: { first: number; later: number }) {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const start = (ms: number) => setTimeout(() => controller.abort(new Error(`no byte for ${ms} ms`)), ms);
  let timer = start(first);
  return {
    signal: controller.signal,
    touch(): void {
      clearTimeout(timer);
      timer = start(later);
    },
    [Symbol.dispose](): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/** Between half and all of the time, so that many that were refused together do not come back together. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds * (0.5 + Math.random() / 2));
    signal?.addEventListener("abort", end);
  });
}
