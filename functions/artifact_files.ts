/**
 * Artifacts as files of a parameter tree: where a tree names a file to read it may write `artifact:` and a key, such as
 * `artifact:uploads/20261125-224501-k3v9x2mqt7/scan.h5`, for a data set in it with `:/entry/data` behind.
 */

import { ParameterError, type ParameterIssue } from "../core/errors.ts";
import { splitReference } from "../core/formats/array_file.ts";
import { isPlainObject } from "../core/parameters/structure.ts";
import { type ArtifactStore, isKey, type LocalArtifact } from "./artifacts.ts";
import type { FindFiles } from "./data_root.ts";
import { missing } from "./parameters.ts";
import type { StageContext } from "./stage.ts";

const SCHEME = "artifact:";

/** How a tree names an artifact. */
export function artifactReference(key: string): string {
  return SCHEME + key;
}

/**
 * Hands `use` a finder of files that also knows the artifacts that a tree names; they are there until it has ended.
 *
 * @throws {DataError} if one is missing
 */
export async function withArtifactFiles<T>(
  { artifacts, files, signal }: Pick<StageContext, "artifacts" | "files" | "signal">,
  tree: unknown,
  use: (files: FindFiles) => T | Promise<T>,
): Promise<T> {
  const open = new Map<string, LocalArtifact>();
  try {
    for (const { key } of artifactsIn(tree)) {
      if (key === null || open.has(key)) continue;
      const file = await artifacts.fetch(key, signal);
      if (file === null) throw missing(key);
      open.set(key, file);
    }
    return await use((home) => {
      const { path } = files(home);
      return { path: (reference) => open.get(keyOf(reference) ?? "")?.path ?? path(reference) };
    });
  } finally {
    for (const file of open.values()) file[Symbol.dispose]();
  }
}

/**
 * Checks the artifacts that a tree names, before anything is made of it.
 *
 * @throws {ParameterError} naming every one that is missing, is no key, or stands where a file is written
 */
export async function checkArtifactsOf(artifacts: ArtifactStore, tree: unknown): Promise<void> {
  const issues: ParameterIssue[] = [];
  for (const { path, reference, key } of artifactsIn(tree)) {
    const found = `found "${reference}"`;
    if (key === null) issues.push({ path, message: `${found}, expected ${SCHEME} and the key of an artifact` });
    else if (isWritten(tree, path)) {
      issues.push({
        path,
        message: `${found}, an artifact, which cannot be written; expected a path below the data root`,
      });
    } else if (!await artifacts.has(key)) issues.push({ path, message: `${found}, but there is no such artifact` });
  }
  if (issues.length > 0) throw new ParameterError(issues);
}

/** Whether a parameter names a file that is written: results and the like, and frames that are saved. */
function isWritten(tree: unknown, path: string): boolean {
  if (path.startsWith("io.")) return true;
  const [branch, label, group, name] = path.split(".");
  if (branch !== "scans" || group !== "data") return false;
  if (name !== "dfile") return name === "dump";
  const data = memberOf(memberOf(memberOf(tree, "scans"), label!), "data");
  return (memberOf(data, "save") ?? null) !== null;
}

function memberOf(value: unknown, name: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

interface NamedArtifact {
  /** Of the parameter. */
  readonly path: string;
  readonly reference: string;
  /** Null if what follows the scheme is none. */
  readonly key: string | null;
}

/** Every artifact that a tree names. */
function artifactsIn(value: unknown, path = ""): NamedArtifact[] {
  if (typeof value === "string") {
    return value.startsWith(SCHEME) ? [{ path, reference: value, key: keyOf(value) }] : [];
  }
  const members = Array.isArray(value) ? [...value.entries()] : isPlainObject(value) ? Object.entries(value) : [];
  return members.flatMap(([name, member]) => artifactsIn(member, path === "" ? `${name}` : `${path}.${name}`));
}

function keyOf(reference: string): string | null {
  if (!reference.startsWith(SCHEME)) return null;
  const key = splitReference(reference).path.slice(SCHEME.length);
  return isKey(key) ? key : null;
}
