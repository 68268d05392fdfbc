/** The tree of an HDF5 file as plain data, links included, for people and for tests. */

import { isPtychoError } from "../errors.ts";
import { type Hdf5File, type Hdf5Info, type Hdf5Link, join } from "./hdf5.ts";
import type { Hdf5Value } from "./hdf5_values.ts";

/** One name in the tree. */
export interface Hdf5Node {
  readonly name: string;
  readonly path: string;
  /** `broken` is a link to nothing, `unreadable` an object that the library cannot open, `seen` a group listed elsewhere. */
  readonly kind: "group" | "dataset" | "datatype" | "broken" | "unreadable" | "seen";
  readonly link?: Hdf5Link;
  readonly info?: Hdf5Info;
  readonly attributes: Readonly<Record<string, Hdf5Value>>;
  /** Names of attributes whose type cannot be read. */
  readonly unreadAttributes: readonly string[];
  /** Why it is unreadable, or the path where it was seen. */
  readonly note?: string;
  readonly children: readonly Hdf5Node[];
}

/** The tree below `path`. Soft links are shown, not followed; a group reached twice by hard links is listed once. */
export function hdf5Tree(file: Hdf5File, path = "/"): Hdf5Node {
  return nodeAt(file, path, new Map());
}

function nodeAt(file: Hdf5File, path: string, seen: Map<string, string>): Hdf5Node {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const base = { name, path, attributes: {}, unreadAttributes: [], children: [] };
  try {
    const link = file.link(path) ?? undefined;
    const kind = file.kind(path);
    const linked = link === undefined ? {} : { link };
    if (kind === "missing") return { ...base, ...linked, kind: link ? "broken" : "unreadable" };
    if (link?.kind === "soft") return { ...base, ...linked, kind };
    const attributes = file.attributes(path);
    const unreadAttributes = file.attributeNames(path).filter((attribute) => !(attribute in attributes));
    if (kind === "dataset") return { ...base, ...linked, kind, attributes, unreadAttributes, info: file.info(path) };
    if (kind === "datatype") return { ...base, ...linked, kind, attributes, unreadAttributes };
    // Identities are addresses, which say nothing across files.
    const identity = link === undefined ? file.identity(path) : undefined;
    const before = identity === undefined ? undefined : seen.get(identity);
    if (before !== undefined) return { ...base, kind: "seen", note: before };
    if (identity !== undefined) seen.set(identity, path);
    const children = link === undefined ? file.keys(path).map((key) => nodeAt(file, join(path, key), seen)) : [];
    return { ...base, ...linked, kind, attributes, unreadAttributes, children };
  } catch (error) {
    if (!isPtychoError(error, "DataError")) throw error;
    return { ...base, kind: "unreadable", note: error.message };
  }
}
