/**
 * Where stages keep what is too large to pass on: files by key, each published once and never changed. A store may be a folder
 * (local_artifacts.ts) or a bucket (s3_artifacts.ts).
 */

/** Files by key. A key is used once: as a file, or as a folder of other keys, not as both. */
export interface ArtifactStore {
  /**
   * Publishes what `write` puts into the file of the name that it is given (which does not exist yet), if nothing has this key:
   * it appears whole or not at all, whatever is killed when. Of several that publish a key at once, one succeeds.
   *
   * @returns false if something has the key; then `write` may not have been called
   * @throws {RangeError} for a wrong key @throws {TypeError} if `write` made no file
   * @throws {DataError} naming the store and the key if it cannot be stored; other errors of `write` pass unchanged
   */
  publish(key: string, write: (path: string) => void | Promise<void>): Promise<boolean>;
  /**
   * A local file with the artifact's bytes, null if there is none. `signal` stops a download.
   *
   * @throws {RangeError} for a wrong key @throws {DataError} if it cannot be read @throws the reason of `signal`
   */
  fetch(key: string, signal?: AbortSignal): Promise<LocalArtifact | null>;
  /** Whether something has the key. @throws as `fetch` */
  has(key: string): Promise<boolean>;
  /**
   * The artifacts whose keys begin with `prefix` (a key or the beginning of one; all if empty), in the order of keys.
   *
   * @throws {RangeError} for what no key begins with @throws {DataError} if the store cannot be read
   */
  list(prefix: string): AsyncIterable<ArtifactInfo>;
  /** Removes an artifact; harmless if there is none. @throws as `fetch` */
  remove(key: string): Promise<void>;
}

/**
 * An artifact as a file, to be read only. It is there until it is disposed of, even if the artifact is removed meanwhile (but
 * for a folder on a file system without hard links).
 */
export interface LocalArtifact extends Disposable {
  readonly path: string;
  readonly bytes: number;
}

/** An artifact in a list. */
export interface ArtifactInfo {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** Longest key, in characters. */
const MAX_KEY = 200;

/**
 * Keys are parts of letters, digits and `._-` joined by "/", at most 200 characters; no part is "." or "..".
 *
 * @throws {RangeError} for anything else: keys are made by programs, so that a wrong one is a mistake of ours
 */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new RangeError(
    `Cannot use the artifact key ${JSON.stringify(key.slice(0, MAX_KEY))}: expected parts of letters, digits and ._- ` +
      `joined by "/", at most ${MAX_KEY} characters, no part "." or ".."`,
  );
}

/** Whether `checkKey` takes it. */
export function isKey(text: string): boolean {
  return text.length <= MAX_KEY &&
    text.split("/").every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.\.?$/.test(part));
}

/** Checks what `list` is asked for: the empty text, or one that a key begins with. @throws {RangeError} */
export function checkPrefix(prefix: string): void {
  if (!isKey(prefix.length < MAX_KEY ? `${prefix}x` : prefix)) checkKey(prefix);
}
