/** Artifacts in a bucket of an S3-compatible object store, with a local cache; see s3_objects.ts for how they lie there. */

import { openArtifactCache } from "./artifact_cache.ts";
import { type ArtifactInfo, type ArtifactStore, checkKey, checkPrefix, isKey } from "./artifacts.ts";
import { createS3Client, type S3Client, type S3Settings } from "./s3_client.ts";
import { downloadArtifact, GoneError } from "./s3_download.ts";
import { removeLeftOvers } from "./s3_left_overs.ts";
import { deleteObject, headArtifact, listObjects } from "./s3_objects.ts";
import { publishFile } from "./s3_publish.ts";
import { removeIfThere, writeFile } from "./written_file.ts";

/** Where artifacts are kept, and where their local copies. */
export interface S3ArtifactSettings extends S3Settings {
  readonly cacheFolder: string;
  /** Most bytes of local copies for each process on this machine; only what is held may exceed it. */
  readonly cacheBytes: number;
}

/** A store in a bucket. Disposing of it unlocks its cache, which must not be used any more. */
export interface S3Artifacts extends ArtifactStore, Disposable {
  /**
   * Removes what killed processes left of uploads, which nobody can see but takes space, if it is older than `age` ms: more
   * than any upload takes. Days are fine.
   *
   * @returns the names of what was removed @throws {DataError} as `list`
   */
  removeLeftOvers(age: number): Promise<string[]>;
}

/**
 * A store in a bucket that exists; nothing is sent before the first call. An artifact is never overwritten, by this store's own
 * means: the server need only honour `If-None-Match: *` when an object is put, as AWS, Ceph and MinIO do.
 *
 * @throws {RangeError} for an endpoint, bucket, prefix or size that is none @throws {DataError} if the cache cannot be written
 */
export function createS3Artifacts(settings: S3ArtifactSettings): S3Artifacts {
  if (!(settings.cacheBytes >= 0)) {
    throw new RangeError(`Cannot keep a cache: found ${settings.cacheBytes} bytes, expected a number from 0 on`);
  }
  const client = createS3Client(settings);
  const cache = openArtifactCache(settings.cacheFolder, settings.cacheBytes);
  return {
    async publish(key, write) {
      checkKey(key);
      if (await headArtifact(client, key, { purpose: `publish artifact "${key}"` })) return false;
      const path = cache.temporary();
      try {
        const bytes = await writeFile({ key, path, name: `${client.place}/${client.prefix}${key}` }, write);
        const published = await publishFile(client, { key, path, bytes });
        if (published) cache.adopt({ key, identity: published.identity, bytes }, path);
        return published !== null;
      } finally {
        removeIfThere(path);
      }
    },
    async fetch(key, signal) {
      checkKey(key);
      signal?.throwIfAborted();
      const find = () => headArtifact(client, key, { purpose: `read artifact "${key}"`, signal });
      const artifact = await find();
      if (artifact === null) return null;
      const { identity, bytes } = artifact;
      const download = (path: string, whole: AbortSignal): Promise<void> =>
        downloadArtifact(client, { key, artifact, path, signal: whole });
      try {
        return await cache.obtain({ key, identity, bytes, download }, signal);
      } catch (error) {
        // Somebody may have removed it meanwhile.
        if (error instanceof GoneError && await find() === null) return null;
        throw error instanceof GoneError ? error.asDataError() : error;
      }
    },
    async has(key) {
      checkKey(key);
      return await headArtifact(client, key, { purpose: `look for artifact "${key}"` }) !== null;
    },
    list(prefix) {
      checkPrefix(prefix);
      return listArtifacts(client, prefix);
    },
    async remove(key) {
      checkKey(key);
      const purpose = `remove artifact "${key}"`;
      const artifact = await headArtifact(client, key, { purpose });
      cache.forget(key);
      if (artifact === null) return;
      // In this order: what names the bytes never outlives them.
      await deleteObject(client, key, purpose);
      if (artifact.name !== key) await deleteObject(client, artifact.name, purpose);
    },
    removeLeftOvers: (age) => removeLeftOvers(client, age),
    [Symbol.dispose]: () => cache[Symbol.dispose](),
  };
}

async function* listArtifacts(client: S3Client, prefix: string): AsyncGenerator<ArtifactInfo> {
  const purpose = `list artifacts "${prefix}"`;
  for await (const { name, bytes, modified } of listObjects(client, prefix, { purpose })) {
    // "~" sorts behind all that a key can begin with.
    if (name.startsWith("~")) return;
    if (!isKey(name)) continue;
    // An empty object may stand for a large artifact.
    const size = bytes > 0 ? bytes : (await headArtifact(client, name, { purpose }))?.bytes;
    if (size !== undefined) yield { key: name, bytes: size, modified };
  }
}
