/** Files as responses: streamed, in ranges, known again by their tag. */

import type { LocalArtifact } from "../artifacts.ts";
import { ApiError } from "../http_errors.ts";

/** A file to send. It is disposed of when it was sent, or nobody wants it any more. */
export interface SentFile {
  readonly file: LocalArtifact;
  /** Name to save it under. */
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** The same for the same bytes. */
  readonly tag: string;
}

/** Bytes of a file at a time. */
const PIECE = 1 << 20;

/**
 * The response to a GET or HEAD. One range of bytes may be asked for; several are answered with the whole file, as HTTP allows.
 *
 * @throws ApiError `BadRange` if the file has none of the bytes
 * @see RFC 9110, sections 13 and 14
 */
export function fileResponse(request: Request, { file, name, type, tag }: SentFile): Response {
  const etag = `"${tag}"`;
  const headers: Record<string, string> = {
    "content-type": type,
    "accept-ranges": "bytes",
    etag,
    "cache-control": "private, no-cache",
    "content-disposition": disposition(name),
  };
  if (listed(request.headers.get("if-none-match"), etag)) {
    file[Symbol.dispose]();
    return new Response(null, { status: 304, headers });
  }
  const ifRange = request.headers.get("if-range");
  const wanted = ifRange === null || ifRange === etag ? request.headers.get("range") : null;
  const range = rangeOf(wanted, file.bytes);
  if (range === "none") {
    file[Symbol.dispose]();
    const message =
      `Cannot send "${name}": found the range "${wanted}", expected bytes of the ${file.bytes} that it has`;
    throw new ApiError("BadRange", message, { fields: { bytes: file.bytes } });
  }
  const [start, end] = range ?? [0, file.bytes];
  headers["content-length"] = String(end - start);
  if (range !== null) headers["content-range"] = `bytes ${start}-${end - 1}/${file.bytes}`;
  const status = range === null ? 200 : 206;
  if (request.method === "HEAD") {
    file[Symbol.dispose]();
    return new Response(null, { status, headers });
  }
  return new Response(streamOf(file, { start, end }), { status, headers });
}

/** The bytes (start, end) that a `Range` header asks for; null for all, `none` if there are none of them. */
function rangeOf(header: string | null, bytes: number): readonly [number, number] | null | "none" {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(" ", "") ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return null;
  if (first === "") {
    const count = Math.min(Number(last), bytes);
    return count === 0 ? "none" : [bytes - count, bytes];
  }
  const [start, end] = [Number(first), last === "" ? bytes : Math.min(Number(last) + 1, bytes)];
  // The last before the first is no range.
  if (last !== "" && Number(last) < start) return null;
  return start >= bytes ? "none" : [start, end];
}

function streamOf(file: LocalArtifact, { start, end }: { readonly start: number; readonly end: number }) {
  let source: Deno.FsFile | null = null;
  let left = end - start;
  function close(): void {
    source?.close();
    source = null;
    file[Symbol.dispose]();
  }
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        if (source === null) {
          source = await Deno.open(file.path, { read: true });
          await source.seek(start, Deno.SeekMode.Start);
        }
        const piece = new Uint8Array(Math.min(PIECE, left));
        const count = left === 0 ? 0 : await source.read(piece);
        if (count === null) throw new RangeError(`Cannot send "${file.path}": found ${left} bytes less than expected`);
        left -= count;
        if (count > 0) controller.enqueue(piece.subarray(0, count));
        if (left > 0) return;
        close();
        controller.close();
      } catch (error) {
        close();
        throw error;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

function listed(header: string | null, etag: string): boolean {
  return header !== null && header.split(",").some((part) => [etag, "*"].includes(part.trim().replace(/^W\//, "")));
}

/** Names beyond ASCII as RFC 6266 has them. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\]/g, "_");
  const coded = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return plain === name
    ? `attachment; filename="${name}"`
    : `attachment; filename="${plain}"; filename*=UTF-8''${coded}`;
}
