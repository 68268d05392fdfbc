/** The objects below a prefix of a bucket that may be new data, and how one becomes a file that runs can read. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { beginWhole } from "../core/formats/atomic_file.ts";
import type { FindFiles } from "./data_root.ts";
import type { FoundFile } from "./folder_files.ts";
import { isTemporaryName, matchesPattern } from "./name_pattern.ts";
import type { S3Client } from "./s3_client.ts";
import { downloadArtifact, GoneError } from "./s3_download.ts";
import { listObjects } from "./s3_objects.ts";

/** Speaks to a bucket of the object store, which no prefix of artifacts confines. */
export type OpenBucket = (bucket: string) => S3Client;

/** A place in the object store. */
export interface BucketPlace {
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly folder: string;
}

/** What `s3://bucket/folder` names; null if it is no such address. */
export function bucketPlace(address: string): BucketPlace | null {
  const [, bucket, folder = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(address) ?? [];
  if (bucket === undefined) return null;
  return { bucket, folder: folder === "" || folder.endsWith("/") ? folder : `${folder}/` };
}

/**
 * Objects below a place whose names from there have the pattern. An object that is written again has another ETag, unless it has the same
 * content. Hidden and temporary names, empty objects, and names that are no path are left out.
 *
 * @throws {DataError} if the object store refuses or is away
 */
export async function listBucketFiles(
  { bucket, folder, pattern }: BucketPlace & { readonly pattern: string },
  { openBucket, signal }: { readonly openBucket: OpenBucket; readonly signal: AbortSignal },
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const purpose = `look for new files below "s3://${bucket}/${folder}"`;
  for await (const { name, bytes, etag, modified } of listObjects(openBucket(bucket), folder, { purpose, signal })) {
    const below = name.slice(folder.length);
    if (bytes === 0 || etag === "" || !isPath(below) || !matchesPattern(below, pattern)) continue;
    found.push({
      path: `s3://${bucket}/${name}`,
      stamp: etag,
      modified: modified.getTime(),
      // Objects appear whole.
      isWhole: () => true,
    });
  }
  return found;
}

/**
 * Copies an object below the data root, into a folder of its own for each content, so that no run finds another file than the one that it
 * was started for. Harmless if it is there.
 *
 * @param stamp the ETag that it had when it was found
 * @returns its path below the data root; null if it has another content by now, or is gone
 * @throws {DataError} if the object store refuses or is away, or the file cannot be written
 */
export async function bringBucketFile(
  { address, stamp, into }: { readonly address: string; readonly stamp: string; readonly into: string },
  { openBucket, files, signal }: {
    readonly openBucket: OpenBucket;
    readonly files: FindFiles;
    readonly signal: AbortSignal;
  },
): Promise<string | null> {
  const { bucket, folder } = bucketPlace(address)!;
  const object = folder.replace(/\/$/, "");
  const client = openBucket(bucket);
  const hash = createHash("sha256").update(JSON.stringify([address, stamp])).digest("hex").slice(0, 16);
  const file = join(into, hash, object.split("/").at(-1)!);
  const path = files("./").path(file);
  if (isThere(path)) return file;
  const name = object.split("/").map(encodeURIComponent).join("/");
  const bytes = await sizeOf(client, { name, address, stamp, signal });
  if (bytes === null) return null;
  const whole = beginWhole(path);
  try {
    const artifact = { bytes, identity: stamp, name, attempt: "" };
    await downloadArtifact(client, { key: name, artifact, path: whole.temporaryPath, signal });
  } catch (error) {
    whole.abandon();
    if (error instanceof GoneError) return null;
    throw error;
  }
  whole.commit();
  return file;
}

/** Null if it is not there as it was found. */
function sizeOf(
  client: S3Client,
  { name, address, stamp, signal }: { name: string; address: string; stamp: string; signal: AbortSignal },
): Promise<number | null> {
  const call = { method: "HEAD", name, purpose: `read "${address}"`, expect: [200, 404], signal } as const;
  return client.call(call, ({ response: { status, headers } }) => {
    return status === 404 || headers.get("etag") !== stamp ? null : Number(headers.get("content-length"));
  });
}

function isPath(name: string): boolean {
  return name.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !isTemporaryName(part)) &&
    !/[\0\\]/.test(name);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
