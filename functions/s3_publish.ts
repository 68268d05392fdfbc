/** Uploads a file as an artifact that appears whole and overwrites nothing; see s3_objects.ts for how it lies in the bucket. */

import { DataError } from "../core/errors.ts";
import { readError } from "../core/formats/hdf5_signature.ts";
import { inParallel } from "./in_parallel.ts";
import { readText, type S3Answer, type S3Client } from "./s3_client.ts";
import {
  abortUpload,
  artifactHeaders,
  dataName,
  deleteObject,
  headArtifact,
  type RemoteArtifact,
  remoteArtifact,
  xmlValue,
} from "./s3_objects.ts";

/** What is uploaded. */
export interface Upload {
  readonly key: string;
  readonly path: string;
  readonly bytes: number;
}

/** Larger files go up in parts of this size, four at a time. */
export const PART_BYTES = 64 << 20;
const PARTS_AT_ONCE = 4;

/** More parts no server takes; beyond 640 GB parts grow. */
const MAX_PARTS = 10_000;

/**
 * Publishes a file.
 *
 * @returns what is published, null if something else has the key
 * @throws {DataError} if the file cannot be read, or the server refuses it or is away; then nothing is published, or (if it was
 *   the last answer that got lost) all of it
 */
export async function publishFile(client: S3Client, upload: Upload): Promise<RemoteArtifact | null> {
  const { key, path, bytes } = upload;
  if (bytes <= PART_BYTES) {
    const body = new Uint8Array(bytes);
    readPart(path, 0, body);
    return await putUnderKey(client, upload, { body });
  }
  const id = crypto.randomUUID();
  await uploadParts(client, upload, id);
  const published = await putUnderKey(client, upload, { data: { id, bytes } });
  if (published === null) {
    // If it stays, it is removed with other left-overs.
    await deleteObject(client, dataName(key, id), `publish artifact "${key}"`).catch(() => {});
  }
  return published;
}

/** Puts the object under the key unless there is one. */
async function putUnderKey(
  client: S3Client,
  { key, bytes }: Upload,
  { body, data }: { body?: Uint8Array<ArrayBuffer>; data?: { id: string; bytes: number } },
): Promise<RemoteArtifact | null> {
  const purpose = `publish artifact "${key}"`;
  const id = crypto.randomUUID();
  const headers = { ...artifactHeaders(id, data), "content-type": "application/octet-stream", "if-none-match": "*" };
  const put = await client.call(
    { method: "PUT", name: key, purpose, headers, body: body ?? new Uint8Array(0), expect: [200, 412] },
    ({ response: { status, headers }, attempt }) => ({ isTaken: status === 412, attempt, etag: headers.get("etag") }),
  );
  if (!put.isTaken) return remoteArtifact(key, { bytes, etag: put.etag, data: data?.id ?? null, attempt: id });
  if (put.attempt === 0) return null;
  // It may be taken by an earlier attempt of ours whose answer was lost.
  const found = await headArtifact(client, key, { purpose });
  return found?.attempt === id ? found : null;
}

async function uploadParts(client: S3Client, { key, path, bytes }: Upload, id: string): Promise<void> {
  const name = dataName(key, id);
  const purpose = `publish artifact "${key}"`;
  const uploadId = await client.call(
    { method: "POST", name, purpose, query: { uploads: "" }, expect: [200] },
    async ({ stream }) => xmlValue(await readText(stream), "UploadId"),
  );
  if (uploadId === null) throw unexpected(client, key, "no upload ID");
  try {
    const partBytes = Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS));
    const etags = new Array<string>(Math.ceil(bytes / partBytes));
    // Used again for later parts: garbage of this size is collected late.
    const buffers: Uint8Array<ArrayBuffer>[] = [];
    await inParallel(etags.keys(), { limit: PARTS_AT_ONCE }, async (index, signal) => {
      const begin = index * partBytes;
      const buffer = buffers.pop() ?? new Uint8Array(partBytes);
      const body = buffer.subarray(0, Math.min(partBytes, bytes - begin));
      readPart(path, begin, body);
      const query = { partNumber: String(index + 1), uploadId };
      const read = ({ response }: S3Answer): string | null => response.headers.get("etag");
      const etag = await client.call({ method: "PUT", name, purpose, query, body, expect: [200], signal }, read);
      if (etag === null) throw unexpected(client, key, "a part without ETag");
      etags[index] = etag;
      buffers.push(buffer);
    });
    await complete(client, { key, name, uploadId, etags, bytes });
  } catch (error) {
    await abortUpload(client, { name, uploadId, purpose, attempts: 1 }).catch(() => {
      // The error that led here is the one to report; what stays is removed with other left-overs.
    });
    throw error;
  }
}

interface Completion {
  readonly key: string;
  readonly name: string;
  readonly uploadId: string;
  readonly etags: readonly string[];
  readonly bytes: number;
}

async function complete(client: S3Client, { key, name, uploadId, etags, bytes }: Completion): Promise<void> {
  const purpose = `publish artifact "${key}"`;
  const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
  // 404: an earlier attempt completed it. A status of 200 may still be followed by an error. So the object itself is asked for.
  await client.call(
    { method: "POST", name, purpose, query: { uploadId }, body, expect: [200, 404] },
    ({ stream }) => readText(stream),
  );
  const found = await client.call(
    { method: "HEAD", name, purpose, expect: [200, 404] },
    ({ response }) => response.status === 200 ? Number(response.headers.get("content-length")) : 0,
  );
  if (found !== bytes) throw unexpected(client, key, `${found} bytes after an upload of ${bytes}`);
}

function readPart(path: string, begin: number, part: Uint8Array): void {
  try {
    using file = Deno.openSync(path, { read: true });
    file.seekSync(begin, Deno.SeekMode.Start);
    for (let done = 0; done < part.length;) {
      const count = file.readSync(part.subarray(done));
      if (count === null) throw new Error(`found an end at byte ${begin + done}`);
      done += count;
    }
  } catch (error) {
    throw readError(path, error);
  }
}

function unexpected({ place }: S3Client, key: string, found: string): DataError {
  const text = `Cannot publish artifact "${key}" in "${place}": found ${found}; check the object store and try again`;
  return new DataError(text, { place, key, found });
}
