/** Which data sets of an unknown HDF5 file may be frames and positions: for people who are to name them to a loader. */

import type { Hdf5Node } from "./hdf5_tree.ts";

/** A data set that may be something. Plain JSON. */
export interface Candidate {
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What was found, the likeliest first. Plain JSON. */
export interface Candidates {
  readonly frames: readonly Candidate[];
  /** Of as many rows as the first of the frames has. */
  readonly positions: readonly Candidate[];
}

/** Smaller pictures are no diffraction. */
const LEAST_SIDE = 8;

/** As many are told. */
const MOST = 4;

/** Looks for real arrays of pictures, and for arrays with a number or a few for each of them. */
export function findCandidates(tree: Hdf5Node): Candidates {
  const all = numericSets(tree);
  const volume = ({ shape }: Candidate) => shape.reduce((a, b) => a * b, 1);
  const frames = all.filter(({ shape }) => {
    return (shape.length === 3 || shape.length === 4) && shape.slice(-2).every((side) => side >= LEAST_SIDE);
  }).sort((a, b) => volume(b) - volume(a));
  const [first] = frames;
  if (first === undefined) return { frames, positions: [] };
  const counts = new Set([first.shape[0]!, first.shape.slice(0, -2).reduce((a, b) => a * b, 1)]);
  const hasRows = ({ shape }: Candidate) => {
    const [a = 0, b = 1] = shape;
    return shape.length === 1 && counts.has(a) || shape.length === 2 &&
        (counts.has(a) && b <= 4 || counts.has(b) && a <= 4 || counts.has(a * b) && a > 4 && b > 4);
  };
  return { frames: frames.slice(0, MOST), positions: all.filter(hasRows).slice(0, 2 * MOST) };
}

function numericSets(node: Hdf5Node): Candidate[] {
  const { info, path } = node;
  const isNumeric = info?.type.dtype !== null && info?.type.dtype !== undefined &&
    !info.type.dtype.startsWith("complex");
  const own = isNumeric && info.shape !== null ? [{ path, shape: info.shape, dtype: info.type.name }] : [];
  return [...own, ...node.children.flatMap(numericSets)];
}
