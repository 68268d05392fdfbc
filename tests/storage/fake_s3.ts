/**
 * A small S3 server on loopback, for tests of our client: conditional puts, ranges, lists in pages, uploads in parts, and
 * answers that a test makes wrong. As Ceph's, it ignores `If-None-Match` where parts are completed. It checks the hash of what
 * it gets, but no signature: the real server in rgw_test.ts does.
 */

import { createHash } from "node:crypto";

/** A request as a test sees it. */
export interface FakeCall {
  readonly method: string;
  /** Below the bucket. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** A wrong answer, after the request was carried out or instead. */
export interface Fault {
  readonly status: number;
  readonly text?: string;
  readonly isDone?: boolean;
  /** No answer at all until the server ends. */
  readonly isFrozen?: boolean;
}

/** An object of the server. */
export interface FakeObject {
  bytes: Uint8Array<ArrayBuffer>;
  etag: string;
  modified: Date;
  readonly meta: readonly (readonly [string, string])[];
}

/** A running server with one bucket. */
export interface FakeS3 extends AsyncDisposable {
  readonly port: number;
  readonly objects: Map<string, FakeObject>;
  /** Uploads in parts that were neither completed nor given up. */
  readonly uploads: Map<string, { name: string; begun: Date; parts: Map<number, Uint8Array<ArrayBuffer>> }>;
  /** Every request so far, such as `PUT a/x`. */
  readonly calls: string[];
  /** Asked at each request. */
  fault: (call: FakeCall) => Fault | undefined;
}

/** Name of the bucket. */
export const BUCKET = "test-bucket";

/** Objects in a page of a list: few, so that lists have pages. */
const PAGE = 2;

/** Starts a server. */
export function startFakeS3(): FakeS3 {
  const server: Omit<FakeS3, "port" | typeof Symbol.asyncDispose> = {
    objects: new Map(),
    uploads: new Map(),
    calls: [],
    fault: () => undefined,
  };
  const frozen = Promise.withResolvers<void>();
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const [, bucket, ...parts] = url.pathname.split("/").map(decodeURIComponent);
    const call = { method: request.method, name: parts.join("/"), query: url.searchParams, headers: request.headers };
    server.calls.push(`${call.method} ${call.name}`);
    let body: Uint8Array<ArrayBuffer>;
    try {
      body = new Uint8Array(await request.arrayBuffer());
    } catch {
      return new Response(null, { status: 400 }); // The connection broke: nobody reads this.
    }
    const fault = server.fault(call);
    if (fault?.isFrozen) await frozen.promise;
    const answer = fault && !fault.isDone ? undefined : await answerTo(server, { ...call, bucket: bucket ?? "", body });
    if (fault === undefined) return answer!;
    return new Response(request.method === "HEAD" ? null : fault.text ?? "", { status: fault.status });
  });
  return Object.assign(server, {
    port: http.addr.port,
    [Symbol.asyncDispose]() {
      frozen.resolve();
      return http.shutdown();
    },
  });
}

interface WholeCall extends FakeCall {
  readonly bucket: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

function answerTo(server: Pick<FakeS3, "objects" | "uploads">, call: WholeCall): Response {
  const { method, name, query, headers, body } = call;
  if (call.bucket !== BUCKET) return refuse(404, "NoSuchBucket");
  if (!headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 Credential=")) return refuse(403, "AccessDenied");
  if (headers.get("x-amz-content-sha256") !== hash("sha256", body)) return refuse(400, "XAmzContentSHA256Mismatch");
  if (name === "" && method === "HEAD") return new Response(null);
  if (name === "" && query.has("uploads")) return listUploads(server);
  if (name === "" && method === "GET") return list(server, query);
  if (query.has("uploads") || query.has("uploadId")) return inParts(server, call);
  const object = server.objects.get(name);
  if (method === "DELETE") {
    server.objects.delete(name);
    return new Response(null, { status: 204 });
  }
  if (method === "PUT") {
    if (object && headers.get("if-none-match") === "*") return refuse(412, "PreconditionFailed");
    const meta = [...headers].filter(([key]) => key.startsWith("x-amz-meta-"));
    const made = { bytes: body, etag: `"${hash("md5", body)}"`, modified: new Date(), meta };
    server.objects.set(name, made);
    return new Response(null, { headers: { etag: made.etag } });
  }
  return object ? read(object, call) : refuse(404, "NoSuchKey");
}

function read({ bytes, etag, meta }: FakeObject, { method, headers }: WholeCall): Response {
  const all = { etag, ...Object.fromEntries(meta) };
  if (method === "HEAD") return new Response(null, { headers: { ...all, "content-length": String(bytes.length) } });
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "") ?? [];
  if (from === undefined || to === undefined) return new Response(bytes, { headers: all });
  const range = `bytes ${from}-${Math.min(Number(to), bytes.length - 1)}/${bytes.length}`;
  return new Response(bytes.subarray(Number(from), Number(to) + 1), {
    status: 206,
    headers: { ...all, "content-range": range },
  });
}

function inParts(server: Pick<FakeS3, "objects" | "uploads">, { method, name, query, body }: WholeCall): Response {
  if (query.has("uploads")) {
    const id = crypto.randomUUID();
    server.uploads.set(id, { name, begun: new Date(), parts: new Map() });
    return new Response(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }
  const id = query.get("uploadId")!;
  const upload = server.uploads.get(id);
  if (upload === undefined) return refuse(404, "NoSuchUpload");
  if (method === "PUT") {
    upload.parts.set(Number(query.get("partNumber")), body);
    return new Response(null, { headers: { etag: `"${hash("md5", body)}"` } });
  }
  server.uploads.delete(id);
  if (method === "DELETE") return new Response(null, { status: 204 });
  const etags = [...new TextDecoder().decode(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
  const parts = etags.map(([, number, etag]) => {
    const part = upload.parts.get(Number(number));
    return part && etag === `"${hash("md5", part)}"` ? part : null;
  });
  if (parts.includes(null)) return refuse(400, "InvalidPart");
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part!.length, 0));
  parts.reduce((at, part) => (bytes.set(part!, at), at + part!.length), 0);
  server.objects.set(name, { bytes, etag: `"${id}-${parts.length}"`, modified: new Date(), meta: [] });
  return new Response("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
}

function list({ objects }: Pick<FakeS3, "objects">, query: URLSearchParams): Response {
  const after = query.get("continuation-token") ?? "";
  const names = [...objects.keys()].sort().filter((name) => name.startsWith(query.get("prefix") ?? "") && name > after);
  const page = names.slice(0, PAGE);
  const entries = page.map((name) => {
    const { bytes, etag, modified } = objects.get(name)!;
    const time = modified.toISOString();
    return `<Contents><Key>${xml(name)}</Key><LastModified>${time}</LastModified><ETag>${
      xml(etag)
    }</ETag><Size>${bytes.length}</Size></Contents>`;
  });
  const next = names.length > PAGE ? `<NextContinuationToken>${xml(page.at(-1)!)}</NextContinuationToken>` : "";
  return new Response(`<ListBucketResult>${entries.join("")}${next}</ListBucketResult>`);
}

function listUploads({ uploads }: Pick<FakeS3, "uploads">): Response {
  const entries = [...uploads].slice(0, PAGE).map(([id, { name, begun }]) => {
    const time = begun.toISOString();
    return `<Upload><Key>${xml(name)}</Key><UploadId>${id}</UploadId><Initiated>${time}</Initiated></Upload>`;
  });
  const isTruncated = `<IsTruncated>${uploads.size > PAGE}</IsTruncated>`;
  return new Response(`<ListMultipartUploadsResult>${entries.join("")}${isTruncated}</ListMultipartUploadsResult>`);
}

/** An error with all that servers put into it, the key and what was signed. */
function refuse(status: number, code: string): Response {
  const more = "<AWSAccessKeyId>ACCESS</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 ...</StringToSign>";
  return new Response(`<Error><Code>${code}</Code>${more}</Error>`, { status });
}

function hash(kind: "md5" | "sha256", bytes: Uint8Array): string {
  return createHash(kind).update(bytes).digest("hex");
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
