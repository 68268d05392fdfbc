/** What can be compared: a probe or an object of a .ptyr file, or an array from any file that `loadArray` reads. */

import { loadArray } from "../formats/array_file.ts";
import { type Ptyr, type PtyrStorage, readPtyr } from "../formats/ptyr.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { type ComparedLayers, compareObjects, type CompareOptions } from "./compare.ts";
import { type ComplexPlane, layersOf, type PixelRectangle, planeOf } from "./complex_plane.ts";
import { rectangleRegion, type Region, type ScanHints, scannedRegion } from "./scanned_region.ts";

/** Which of the two unknowns. */
export type ComparedKind = "object" | "probe";

/** One side of a comparison. */
export interface Comparand {
  /** As the user named it. */
  readonly name: string;
  /** Storage that was taken out of a .ptyr file; null for a plain array. */
  readonly ID: string | null;
  /** (layer, y, x) or (y, x). */
  readonly data: NdArray;
  /** Pixel size (y, x) in metres; null if the source does not say. */
  readonly psize: readonly [number, number] | null;
  /** What is known about the scan; null for a plain array. */
  readonly hints: ScanHints | null;
}

/** What to compare, and over which pixels. */
export interface ComparandOptions {
  readonly kind: ComparedKind;
  /** Storage ID; the first of A and its namesake in B where absent. */
  readonly storage?: string;
  /** Pixels of A to compare instead of the scanned area. */
  readonly region?: PixelRectangle;
  /** Pixel size (y, x) in metres for arrays that do not know theirs. */
  readonly psize?: readonly [number, number];
}

/** The result with the two sides it belongs to. */
export interface ComparedPair {
  readonly a: Comparand;
  readonly b: Comparand;
  readonly psize: readonly [number, number];
  /** Whose pixels `region` and `frcRectangle` count: B's if B knows its scanned area better. */
  readonly grid: "A" | "B";
  readonly compared: ComparedLayers;
}

/** Part of the largest intensity that a pixel of a probe must have to be compared. */
const ILLUMINATED = 0.01;
/** Relative difference of pixel sizes that may be rounding. */
const SAME_PSIZE = 1e-3;

/**
 * Reads two sides and compares them. Each reference is a .ptyr file, or what `loadArray` takes: `x.npy`, `x.h5:/dataset`,
 * `x.ptyr:/content/...`.
 *
 * @throws {DataError} if a file cannot be read, the sides do not fit together, or no pixel size is known
 */
export function compareFiles(references: readonly [string, string], options: ComparandOptions): ComparedPair {
  const a = loadComparand(references[0], options);
  const b = loadComparand(references[1], { ...options, ...(a.ID === null ? {} : { preferred: a.ID }) });
  return comparePair(a, b, options);
}

/** Compares two sides that are in memory. @throws {DataError} as `compareFiles` */
export function comparePair(a: Comparand, b: Comparand, options: ComparandOptions): ComparedPair {
  const psize = commonPsize(a, b, options);
  if (!options.region && knowledge(b) > knowledge(a)) {
    const compared = compareObjects(b.data, a.data, {
      psize,
      region: regionOf(b, options),
      ...probeRules(b, options),
    });
    return { a, b, psize, grid: "B", compared: exchanged(compared, psize) };
  }
  const region = options.region ? rectangleRegion(options.region, planeOf(a.data)) : regionOf(a, options);
  const regionB = b.hints ? { regionB: regionOf(b, options) } : {};
  const rules = probeRules(a, options);
  return {
    a,
    b,
    psize,
    grid: "A",
    compared: compareObjects(a.data, b.data, { psize, region, ...regionB, ...rules }),
  };
}

/** Takes an object or a probe out of a reconstruction. @throws {DataError} if there is none of that ID */
export function comparandOf(
  ptyr: Pick<Ptyr, "obj" | "probe" | "positions">,
  options: { name: string; kind: ComparedKind; storage?: string; preferred?: string },
): Comparand {
  const storages = options.kind === "object" ? ptyr.obj : ptyr.probe;
  const IDs = Object.keys(storages);
  const ID = options.storage ?? (IDs.includes(options.preferred ?? "") ? options.preferred! : IDs[0]);
  const storage = ID === undefined ? undefined : storages[ID];
  if (!storage) {
    throw new DataError(
      `Cannot take ${options.kind} "${ID ?? ""}" from "${options.name}": found no such ID, expected one of ${
        IDs.join(", ") || "those that a reconstruction has, and it has none"
      }`,
      { file: options.name, found: IDs, expected: ID },
    );
  }
  const { data, psize } = storage;
  return {
    name: options.name,
    ID: storage.ID,
    data,
    psize,
    hints: options.kind === "object" ? scanHints(ptyr, storage) : {},
  };
}

/** What a reconstruction tells about the scan that made one of its objects. */
export function scanHints(ptyr: Pick<Ptyr, "probe" | "positions">, object: PtyrStorage): ScanHints {
  const positions = ptyr.positions[object.ID];
  const probe = ptyr.probe[object.ID] ?? Object.values(ptyr.probe)[0];
  const view = probe?.data.shape.slice(-2) as [number, number] | undefined;
  return {
    ...(positions ? { centres: positions.data.map((v, i) => v / object.psize[i % 2]! + object.center[i % 2]!) } : {}),
    ...(view ? { view } : {}),
  };
}

function loadComparand(reference: string, options: ComparandOptions & { preferred?: string }): Comparand {
  if (reference.endsWith(".ptyr")) return comparandOf(readPtyr(reference), { ...options, name: reference });
  return { name: reference, ID: null, data: loadArray(reference), psize: null, hints: null };
}

/** How well a side knows its scanned area: positions, the size of a view, nothing. */
function knowledge(side: Comparand): number {
  return side.hints?.centres ? 2 : side.hints?.view ? 1 : 0;
}

function regionOf(side: Comparand, options: ComparandOptions): Region {
  if (options.kind === "object") return scannedRegion(planeOf(side.data), side.hints ?? {});
  return illuminatedRegion(Array.from({ length: layersOf(side.data) }, (_, i) => planeOf(side.data, i)));
}

/** Layers of a probe are incoherent modes; it fades to zero by itself, so its rings are correlated over the whole frame. */
function probeRules(side: Comparand, options: ComparandOptions): Pick<CompareOptions, "frcRectangle" | "incoherent"> {
  if (options.kind === "object") return {};
  if (options.region) return { incoherent: true };
  const [y1, x1] = side.data.shape.slice(-2) as [number, number];
  return { incoherent: true, frcRectangle: { y0: 0, x0: 0, y1, x1 } };
}

/** Where all modes together have at least a part of the largest intensity. */
function illuminatedRegion(planes: readonly ComplexPlane[]): Region {
  const { rows, cols } = planes[0]!;
  const intensity = new Float64Array(rows * cols);
  for (const { data } of planes) {
    for (let i = 0; i < intensity.length; i++) intensity[i] = intensity[i]! + data[2 * i]! ** 2 + data[2 * i + 1]! ** 2;
  }
  const most = intensity.reduce((m, v) => Math.max(m, v), 0);
  return { rows, cols, mask: Uint8Array.from(intensity, (v) => v > ILLUMINATED * most ? 1 : 0) };
}

function commonPsize(a: Comparand, b: Comparand, options: ComparandOptions): readonly [number, number] {
  if (a.psize && b.psize && a.psize.some((v, i) => Math.abs(v / b.psize![i]! - 1) > SAME_PSIZE)) {
    throw new DataError(
      `Cannot compare "${a.name}" with "${b.name}": found pixels of ${a.psize.join(" x ")} m and ${
        b.psize.join(" x ")
      } m, expected equal ones; crop or bin the frames so that both reconstructions have the same pixels`,
    );
  }
  const psize = a.psize ?? b.psize ?? options.psize;
  if (!psize) {
    throw new DataError(
      `Cannot give a resolution for "${a.name}" and "${b.name}": found no pixel size, expected one in metres; add --psize`,
    );
  }
  return psize;
}

/** The comparison of A with B from that of B with A: the alignment inverted, the pictures swapped. */
function exchanged(compared: ComparedLayers, psize: readonly [number, number]): ComparedLayers {
  const { shift, ramp, centre, scale } = compared.comparison.alignment;
  const power = scale[0] ** 2 + scale[1] ** 2;
  const back: [number, number] = [-shift[0], -shift[1]];
  return {
    ...compared,
    layers: compared.layers.map(([first, second]) => [second, first] as const),
    comparison: {
      ...compared.comparison,
      alignment: {
        shift: back,
        ramp: [-ramp[0], -ramp[1]],
        centre: [centre[0] - shift[0], centre[1] - shift[1]],
        scale: [scale[0] / power, -scale[1] / power],
      },
      shiftMetres: [back[0] * psize[0], back[1] * psize[1]],
    },
  };
}
