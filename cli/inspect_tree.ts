/** The tree of an HDF5 file as text and as JSON. */

import { isPtychoError } from "../core/errors.ts";
import type { Hdf5File } from "../core/formats/hdf5.ts";
import type { Hdf5Node } from "../core/formats/hdf5_tree.ts";
import { sizeOf } from "../kernels/nd_array.ts";
import { printable, valueText } from "./printed_values.ts";

/** Values of so few elements are shown. */
const SHOWN_ELEMENTS = 4;
/** Of a group with more children than this, only the first and the last are shown. */
const SHOWN_CHILDREN = 24;
const KEPT_CHILDREN = 3;

/** The lines below a node. */
export function treeLines(file: Hdf5File, node: Hdf5Node, how: { indent: string; all: boolean }): string[] {
  const hidden = how.all || node.children.length <= SHOWN_CHILDREN ? 0 : node.children.length - 2 * KEPT_CHILDREN;
  const shown = hidden === 0 ? node.children : [
    ...node.children.slice(0, KEPT_CHILDREN),
    ...node.children.slice(-KEPT_CHILDREN),
  ];
  const width = Math.min(24, Math.max(0, ...shown.map((child) => child.name.length)));
  return shown.flatMap((child, i) => {
    const isLast = i === shown.length - 1;
    const line = `${how.indent}${isLast ? "└─" : "├─"} ${printable(child.name).padEnd(width)}  ${describe(file, child)}`
      .trimEnd();
    const below = treeLines(file, child, { ...how, indent: `${how.indent}${isLast ? "   " : "│  "}` });
    const gap = hidden > 0 && i === KEPT_CHILDREN - 1 ? [`${how.indent}⋮  ${hidden} more (--all shows them)`] : [];
    return [line, ...below, ...gap];
  });
}

function describe(file: Hdf5File, node: Hdf5Node): string {
  const target = node.link === undefined
    ? ""
    : node.link.kind === "soft"
    ? `-> ${node.link.target}`
    : `-> ${node.link.file} : ${node.link.target}`;
  switch (node.kind) {
    case "broken":
      return `${target}  (leads nowhere)`;
    case "unreadable":
      return `${target}  unreadable: ${node.note ?? "unknown object"}`.trim();
    case "seen":
      return `same as ${node.note}`;
    case "datatype":
      return `${target}  named type`.trim();
    case "group":
      return `${target}  ${node.children.length === 0 && !node.link ? "empty group" : ""}${attributeText(node)}`.trim();
    case "dataset":
      return `${target}  ${datasetText(file, node)}${attributeText(node)}`.trim();
  }
}

function datasetText(file: Hdf5File, node: Hdf5Node): string {
  if (!node.info) return "data set";
  const { shape, type, filters, sources } = node.info;
  const from = sources.length > 0 ? `  from ${sources.join(", ")}` : "";
  if (shape === null) return `${type.name}  nothing`;
  if (node.attributes.type === "None") return "None";
  const value = smallValue(file, node);
  const size = shape.length === 0 ? "" : `  ${shape.join(" x ")}`;
  const stored = filters.length === 0 ? "" : `  ${filters.join("+")}`;
  return `${type.name}${size}${stored}${from}${value === undefined ? "" : `  = ${valueText(value)}`}`;
}

/** The value if it is small; undefined if it is not, or cannot be read. */
function smallValue(file: Hdf5File, node: Hdf5Node): unknown {
  const shape = node.info?.shape;
  if (!shape || sizeOf(shape) > SHOWN_ELEMENTS || sizeOf(shape) === 0) return undefined;
  try {
    if (node.info?.type.kind === "compound") return file.readRecord(node.path) ?? undefined;
    return file.read(node.path);
  } catch (error) {
    if (!isPtychoError(error, "DataError")) throw error;
    return undefined; // The tree says the type; a value that cannot be read is simply not shown.
  }
}

/** What the attributes say, in brackets. */
export function attributeText(node: Hdf5Node): string {
  const { type, ...others } = node.attributes;
  const rest = Object.entries(others).map(([name, value]) => `${printable(name)}=${valueText(value)}`);
  // What the values show by themselves is not said again.
  const isPlain = node.kind === "dataset" && ["scalar", "string", "array", "None"].includes(String(type));
  const kind = type === undefined || isPlain ? [] : [printable(String(type))];
  const unread = node.unreadAttributes.map((name) => `${printable(name)} (not readable)`);
  const shown = [...rest, ...unread];
  const all = [...kind, ...shown.slice(0, 6), ...(shown.length > 6 ? [`${shown.length - 6} more`] : [])];
  return all.length === 0 ? "" : `  [${all.join(", ")}]`;
}

/** A node with its small values, to be JSON. */
export function jsonNode(file: Hdf5File, node: Hdf5Node): unknown {
  const { info, children, attributes, ...rest } = node;
  const value = node.kind === "dataset" ? smallValue(file, node) : undefined;
  return {
    ...rest,
    ...(info ? { shape: info.shape, dtype: info.type.name, chunks: info.chunks, filters: info.filters } : {}),
    ...(value === undefined ? {} : { value }),
    attributes,
    ...(node.kind === "group" ? { children: children.map((child) => jsonNode(file, child)) } : {}),
  };
}
