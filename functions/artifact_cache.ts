/**
 * A folder of downloaded artifacts, bounded by bytes: the least recently used that nobody holds go first. Each process has a
 * subfolder of its own, which it locks; one that starts later takes over what an ended one left.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeError } from "../core/formats/atomic_file.ts";
import type { LocalArtifact } from "./artifacts.ts";
import { confineTo, syncToDisk } from "./confined_folder.ts";
import { removeIfThere } from "./written_file.ts";

/** Which content of which key. */
export interface CachedName {
  readonly key: string;
  /** Another one for other content under the same key. */
  readonly identity: string;
}

/** An artifact to get. */
export interface WantedArtifact extends CachedName {
  readonly bytes: number;
  /** Makes the file, if it is not there; not called for two at once that want the same. */
  download(path: string, signal: AbortSignal): Promise<void>;
}

/** Downloaded artifacts. Disposing of it leaves the files to the next process and unlocks them, held or not. */
export interface ArtifactCache extends Disposable {
  /** A path for a new file, which becomes an artifact by `adopt` or must be removed. */
  temporary(): string;
  /** Takes over a complete file as the artifact of that name, if it can. */
  adopt(name: CachedName & { readonly bytes: number }, path: string): void;
  /**
   * A held file with the artifact's content, downloaded if need be. A download that several wait for ends when all their
   * signals did.
   *
   * @throws what `download` throws, or the reason of `signal` @throws {DataError} if the folder cannot be written
   */
  obtain(wanted: WantedArtifact, signal?: AbortSignal): Promise<LocalArtifact>;
  /** Forgets what it has of a key, once nobody holds it. */
  forget(key: string): void;
}

interface Entry {
  readonly bytes: number;
  holders: number;
  /** To be removed as soon as nobody holds it. */
  isForgotten: boolean;
}

interface Flight {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiters: number;
  isDone: boolean;
}

/** Begins names of files that are not complete. */
const TEMPORARY = "~";

/** Opens a cache in `folder`, which is made if it is missing. @throws {DataError} if it cannot be written */
export function openArtifactCache(folder: string, maxBytes: number): ArtifactCache {
  const { path: own, lock } = takeSubfolder(folder);
  const entries = adoptFiles(own);
  const flights = new Map<string, Flight>();
  let reserved = 0;
  let isOpen = true;

  const drop = (name: string): void => {
    entries.delete(name);
    removeIfThere(join(own, name));
  };
  const evict = (): void => {
    let total = reserved;
    for (const { bytes } of entries.values()) total += bytes;
    for (const [name, { bytes, holders, isForgotten }] of [...entries]) {
      if (holders > 0 || !(isForgotten || total > maxBytes)) continue;
      drop(name);
      total -= bytes;
    }
  };
  const release = (entry: Entry): void => {
    entry.holders--;
    evict();
  };
  const handle = (name: string, entry: Entry): LocalArtifact => {
    let isHeld = true;
    return {
      path: join(own, name),
      bytes: entry.bytes,
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        release(entry);
      },
    };
  };
  const insert = (name: string, bytes: number, holders: number): void => {
    // One that was forgotten, or is not whole any more, may still be held under this name: its holders count on.
    const entry = entries.get(name) ?? { bytes, holders: 0, isForgotten: false };
    entries.delete(name);
    entries.set(name, Object.assign(entry, { holders: entry.holders + holders, isForgotten: false }));
    evict();
  };
  const start = (name: string, { bytes, download }: WantedArtifact): Flight => {
    const controller = new AbortController();
    const temporary = join(own, TEMPORARY + crypto.randomUUID());
    reserved += bytes;
    evict();
    const run = async (): Promise<void> => {
      try {
        await download(temporary, controller.signal);
        // Another download of the same may have begun when the last who waited for this one left.
        controller.signal.throwIfAborted();
        rename(temporary, join(own, name));
        flight.isDone = true;
      } finally {
        reserved -= bytes;
        removeIfThere(temporary);
        if (flights.get(name) === flight) flights.delete(name);
      }
      insert(name, bytes, flight.waiters);
    };
    const flight: Flight = { done: Promise.resolve().then(run), controller, waiters: 0, isDone: false };
    flight.done.catch(() => {}); // Those who wait are told; there may be none.
    flights.set(name, flight);
    return flight;
  };

  /** The last who leaves ends a download; after its end, it releases what was held for it. */
  const leave = (name: string, flight: Flight): void => {
    const entry = entries.get(name);
    if (flight.isDone && entry) return release(entry);
    if (--flight.waiters > 0) return;
    if (flights.get(name) === flight) flights.delete(name);
    flight.controller.abort(new Error("nobody waits for the download any more"));
  };

  return {
    temporary: () => join(own, TEMPORARY + crypto.randomUUID()),
    adopt({ bytes, ...cached }, path) {
      const name = fileName(cached);
      try {
        syncToDisk(path);
        rename(path, join(own, name));
      } catch {
        // The artifact is where it belongs: it will be downloaded when it is wanted.
        return removeIfThere(path);
      }
      insert(name, bytes, 0);
    },
    async obtain(wanted, signal) {
      const name = fileName(wanted);
      const entry = entries.get(name);
      if (entry && !entry.isForgotten && isWhole(join(own, name), wanted.bytes)) {
        entry.holders++;
        use(entries, name, own);
        return handle(name, entry);
      }
      const flight = flights.get(name) ?? start(name, wanted);
      flight.waiters++;
      try {
        await untilAborted(flight.done, signal);
      } catch (error) {
        leave(name, flight);
        throw error;
      }
      return handle(name, entries.get(name)!);
    },
    forget(key) {
      const start = keyHash(key);
      for (const [name, entry] of entries) if (name.startsWith(start)) entry.isForgotten = true;
      evict();
    },
    [Symbol.dispose]() {
      if (isOpen) lock.close();
      isOpen = false;
    },
  };
}

/** The first subfolder that no other process has. */
function takeSubfolder(folder: string): { path: string; lock: Deno.FsFile } {
  const place = confineTo(folder);
  for (let i = 0;; i++) {
    const name = `cache-${i}`;
    try {
      place.makeParents(`${name}/file`);
      place.look(`${name}.lock`);
      const lock = Deno.openSync(place.path(`${name}.lock`), { write: true, create: true });
      if (lock.tryLockSync(true)) return { path: place.path(name), lock };
      lock.close();
    } catch (error) {
      throw writeError(place.path(name), error);
    }
  }
}

/** What an ended process left, the least recently used first; without what it had not completed. */
function adoptFiles(folder: string): Map<string, Entry> {
  const found: { name: string; bytes: number; used: number }[] = [];
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isFile && name.startsWith(TEMPORARY)) removeIfThere(path);
    if (!isFile || !/^[0-9a-f]{32}-[0-9a-f]{32}$/.test(name)) continue;
    const { size, mtime } = Deno.lstatSync(path);
    found.push({ name, bytes: size, used: mtime?.getTime() ?? 0 });
  }
  found.sort((a, b) => a.used - b.used);
  return new Map(found.map(({ name, bytes }) => [name, { bytes, holders: 0, isForgotten: false }]));
}

/** Makes an entry the most recently used, also for the next process. */
function use(entries: Map<string, Entry>, name: string, folder: string): void {
  const entry = entries.get(name)!;
  entries.delete(name);
  entries.set(name, entry);
  const now = new Date();
  Deno.utimeSync(join(folder, name), now, now);
}

function fileName({ key, identity }: CachedName): string {
  return `${keyHash(key)}-${keyHash(identity)}`;
}

function keyHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Somebody may have tidied up. */
function isWhole(path: string, bytes: number): boolean {
  try {
    const info = Deno.lstatSync(path);
    return info.isFile && info.size === bytes;
  } catch {
    return false;
  }
}

function rename(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    throw writeError(to, error);
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  });
}
