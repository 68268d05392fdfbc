/** Downloads an object into a file: by ranges, a few at a time, each going on where a broken connection left it. */

import { DataError } from "../core/errors.ts";
import { writeError } from "../core/formats/atomic_file.ts";
import { inParallel } from "./in_parallel.ts";
import { type S3Answer, type S3Client, TransientError } from "./s3_client.ts";
import type { RemoteArtifact } from "./s3_objects.ts";

/** What is downloaded, and to where. */
export interface Download {
  readonly key: string;
  readonly artifact: RemoteArtifact;
  /** Must not exist. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** The object went while it was downloaded: its artifact was removed, or lacks its bytes. */
export class GoneError extends Error {
  /** To be thrown if the artifact is still there. */
  asDataError(): DataError {
    return new DataError(this.message, {}, this);
  }
}

const RANGE_BYTES = 32 << 20;
const RANGES_AT_ONCE = 4;

/**
 * Downloads an artifact. On failure a part of it may be in `path`.
 *
 * @throws {GoneError} if the object is gone @throws the reason of `signal`
 * @throws {DataError} if it is another one than was asked for, the server is away, or the file cannot be written
 */
export async function downloadArtifact(client: S3Client, { key, artifact, path, signal }: Download): Promise<void> {
  const { bytes } = artifact;
  try {
    using file = Deno.openSync(path, { write: true, createNew: true });
    const write = (at: number, piece: Uint8Array): void => {
      try {
        file.seekSync(at, Deno.SeekMode.Start);
        for (let done = 0; done < piece.length;) done += file.writeSync(piece.subarray(done));
      } catch (error) {
        throw writeError(path, error);
      }
    };
    const ranges = Array.from({ length: Math.ceil(bytes / RANGE_BYTES) }, (_, i) => i * RANGE_BYTES);
    await inParallel(ranges, { limit: RANGES_AT_ONCE, signal }, async (begin, both) => {
      const end = Math.min(bytes, begin + RANGE_BYTES);
      for (let at = begin; at < end;) {
        at += await readRange(client, { key, artifact, begin: at, end, write, signal: both });
      }
    });
    file.syncSync();
  } catch (error) {
    throw error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotFound
      ? writeError(path, error)
      : error;
  }
}

interface Range {
  readonly key: string;
  readonly artifact: RemoteArtifact;
  readonly begin: number;
  readonly end: number;
  readonly signal: AbortSignal;
  write(at: number, piece: Uint8Array): void;
}

/** Reads as much of a range as a connection brings. @returns how many bytes, at least one */
function readRange(client: S3Client, { key, artifact, begin, end, signal, write }: Range): Promise<number> {
  const said = (found: string): string =>
    `Cannot read artifact "${key}" in "${client.place}": found ${found}; was it changed by another program?`;
  const fail = (found: string): DataError => new DataError(said(found), { place: client.place, key, found });
  const read = async ({ response: { status, headers }, stream }: S3Answer): Promise<number> => {
    if (status === 404) throw new GoneError(said("nothing where its bytes should be"));
    if (headers.get("content-range") !== `bytes ${begin}-${end - 1}/${artifact.bytes}`) throw fail("another length");
    if (artifact.name === key && headers.get("etag") !== artifact.identity) {
      throw fail("other content than a moment ago");
    }
    let at = begin;
    try {
      await stream((piece) => {
        if (at + piece.length > end) throw fail("more bytes than asked for");
        write(at, piece);
        at += piece.length;
      });
    } catch (error) {
      // What came stays; a connection that brought something does not count as a failed attempt.
      if (!(error instanceof TransientError) || at === begin) throw error;
    }
    if (at === begin) throw new TransientError("a connection that ended early");
    return at - begin;
  };
  const headers = { range: `bytes=${begin}-${end - 1}` };
  const purpose = `read artifact "${key}"`;
  return client.call({ method: "GET", name: artifact.name, purpose, headers, expect: [206, 404], signal }, read);
}
