/**
 * How artifacts lie in a bucket. A small one is an object under its key. The parts of a large one are completed under a name of
 * their own, `~data/<key>~<id>`, which nothing else has, and then an empty object under the key names that: completing parts
 * cannot be made to fail if the key is taken (Ceph ignores `If-None-Match` there and overwrites), putting an object can.
 */

import { DataError } from "../core/errors.ts";
import { isKey } from "./artifacts.ts";
import { readText, type S3Client } from "./s3_client.ts";

/** Begins the names of objects that hold the parts of large artifacts. Keys have no "~", which also sorts behind them all. */
export const DATA = "~data/";

/** An artifact in the bucket. */
export interface RemoteArtifact {
  readonly bytes: number;
  /** Another one for other content. */
  readonly identity: string;
  /** Object that holds the bytes. */
  readonly name: string;
  /** Which attempt to publish it succeeded; empty if it was not published by us. */
  readonly attempt: string;
}

/** An object in a list. */
export interface ListedObject {
  /** Below the client's prefix. */
  readonly name: string;
  readonly bytes: number;
  /** Quoted, as headers have it; empty if the server does not say. */
  readonly etag: string;
  readonly modified: Date;
}

/** Headers of the user's own, which are signed. */
const ATTEMPT_HEADER = "x-amz-meta-exitwave-attempt";
const DATA_HEADER = "x-amz-meta-exitwave-data";
const BYTES_HEADER = "x-amz-meta-exitwave-bytes";

/** Headers of an object under a key: which attempt it is from, and where its bytes are if they are elsewhere. */
export function artifactHeaders(attempt: string, data?: { id: string; bytes: number }): Record<string, string> {
  return {
    [ATTEMPT_HEADER]: attempt,
    ...data === undefined ? {} : { [DATA_HEADER]: data.id, [BYTES_HEADER]: String(data.bytes) },
  };
}

/** Name of the object that holds the bytes of a large artifact. */
export function dataName(key: string, id: string): string {
  return `${DATA}${key}~${id}`;
}

/** The key of such a name, null if it is none. */
export function keyOfData(name: string): string | null {
  const [, key, id] = /^~data\/(.*)~([0-9a-f-]{36})$/.exec(name) ?? [];
  return key !== undefined && id !== undefined && isKey(key) ? key : null;
}

/** An artifact from what an answer says; `data` is the ID of the object with its bytes, null if they are under the key. */
export function remoteArtifact(
  key: string,
  { bytes, etag, data, attempt }: { bytes: number; etag: string | null; data: string | null; attempt: string },
): RemoteArtifact {
  return { bytes, identity: data ?? etag ?? "", name: data === null ? key : dataName(key, data), attempt };
}

/** What the bucket says of an artifact, null if there is none. @throws {DataError} if the bucket does not exist */
export async function headArtifact(
  client: S3Client,
  key: string,
  options: { purpose: string; signal?: AbortSignal | undefined },
): Promise<RemoteArtifact | null> {
  const found = await client.call(
    { method: "HEAD", name: key, expect: [200, 404], ...options },
    ({ response: { status, headers } }) => status === 404 ? null : describe(key, headers, client.place),
  );
  // An answer without body does not say whether the object or the bucket is missing.
  if (found === null) await client.call({ method: "HEAD", name: "", expect: [200], ...options }, () => {});
  return found;
}

/** Removes an object; harmless if there is none. */
export function deleteObject(client: S3Client, name: string, purpose: string): Promise<void> {
  return client.call({ method: "DELETE", name, purpose, expect: [200, 204, 404] }, () => {});
}

/** Gives up an upload in parts and frees their space; harmless if there is none. */
export function abortUpload(
  client: S3Client,
  { name, uploadId, ...rest }: { name: string; uploadId: string; purpose: string; attempts?: number },
): Promise<void> {
  return client.call({ method: "DELETE", name, query: { uploadId }, expect: [200, 204, 404], ...rest }, () => {});
}

/** The objects whose names begin with `prefix`, in the order of names. */
export async function* listObjects(
  client: S3Client,
  prefix: string,
  options: { readonly purpose: string; readonly signal?: AbortSignal },
): AsyncGenerator<ListedObject> {
  let token: string | null = null;
  do {
    const query: Record<string, string> = { "list-type": "2", prefix: client.prefix + prefix };
    if (token !== null) query["continuation-token"] = token;
    const text: string = await client.call(
      { method: "GET", name: "", query, expect: [200], ...options },
      ({ stream }) => readText(stream),
    );
    for (const [, entry = ""] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const name = xmlValue(entry, "Key");
      if (name === null || !name.startsWith(client.prefix)) continue;
      const modified = new Date(xmlValue(entry, "LastModified") ?? 0);
      const etag = xmlValue(entry, "ETag") ?? "";
      yield { name: name.slice(client.prefix.length), bytes: Number(xmlValue(entry, "Size")), etag, modified };
    }
    token = xmlValue(text, "NextContinuationToken");
  } while (token !== null);
}

/** The text of the first element of a name, null if there is none or it is empty. */
export function xmlValue(xml: string, element: string): string | null {
  const text = new RegExp(`<${element}>([^<]+)</${element}>`).exec(xml)?.[1];
  if (text === undefined) return null;
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal));
  });
}

function describe(key: string, headers: Headers, place: string): RemoteArtifact {
  const data = headers.get(DATA_HEADER);
  const bytes = headers.get(data === null ? "content-length" : BYTES_HEADER);
  if (bytes === null || !/^\d{1,15}$/.test(bytes) || (data !== null && !/^[0-9a-f-]{36}$/.test(data))) {
    const text =
      `Cannot read artifact "${key}" in "${place}": found an object without its length or with other headers ` +
      "than it was published with, expected an artifact; was it copied here by another program?";
    throw new DataError(text, { place, key });
  }
  const attempt = headers.get(ATTEMPT_HEADER) ?? "";
  return remoteArtifact(key, { bytes: Number(bytes), etag: headers.get("etag"), data, attempt });
}
