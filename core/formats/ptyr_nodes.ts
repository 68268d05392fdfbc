/** The `content` of a .ptyr file as a tree: which member has which name and type. */

import { isComplex, type NdArray, newArray, type RealArray, sizeOf } from "../../kernels/nd_array.ts";
import { heldArray, type LoadedArray, numbersIn } from "../../kernels/state_arrays.ts";
import { DataError } from "../errors.ts";
import { type H5rwNode } from "./h5rw.ts";
import { array, bool, dict, float, floats, fromPlain, int, ints, isArray, text, toPlain } from "./h5rw_values.ts";
import type { PlainValue } from "./h5rw_values.ts";
import { BOX_BYTES } from "./hdf5_boxes.ts";
import { ELEMENT_BYTES, toNumbers } from "./hdf5_values.ts";
import type { ArrayInParts } from "./hdf5_writer.ts";
import type { Ptyr, PtyrIteration, PtyrRuntime, PtyrStorage, WritePtyrOptions } from "./ptyr.ts";

/** Length of an ID in PtyPy's records. */
const RECORD_LENGTH = 16;

type Entries = Readonly<Record<string, H5rwNode>>;
type Plain = Readonly<Record<string, PlainValue>>;

/** The tree of a content, with every member that PtyPy 0.4 writes. A dump keeps only the last entry of the history. */
export function contentNode(content: Ptyr, options: WritePtyrOptions): H5rwNode {
  const isFloat = options.isFloat;
  const pars = fromPlain(content.pars, { objects: "param", ...(isFloat ? { isFloat } : {}) });
  const entries: Record<string, H5rwNode> = {
    obj: dict(mapValues(content.obj, storageNode)),
    pars,
    probe: dict(mapValues(content.probe, storageNode)),
    runtime: runtimeNode(content.runtime, content.kind === "dump"),
    positions: dict(mapValues(content.positions, array)),
  };
  if (content.exit) {
    entries.exit = dict(mapValues(content.exit, (data, ID) => dict({ ID: text(ID), data: wavesNode(data) })));
  }
  return { type: "param", entries };
}

/** The content of a tree. @throws {DataError} naming what is missing or of the wrong kind */
export function contentOf(file: string, node: H5rwNode): Omit<Ptyr, "kind" | "description"> {
  const entries = entriesOf(file, node, "/content");
  const group = (name: string): Entries => (entries[name] ? entriesOf(file, entries[name], `/content/${name}`) : {});
  const storages = (name: string): Record<string, PtyrStorage> => {
    if (!entries[name]) throw ptyrError(file, { path: `/content/${name}`, found: "nothing", expected: "storages" });
    return mapValues(group(name), (storage, ID) => storageOf(file, storage, `/content/${name}/${ID}`));
  };
  const exit = mapValues(
    group("exit"),
    (wave, ID) => complexOf(file, entriesOf(file, wave, ID).data, `/content/exit/${ID}`),
  );
  return {
    probe: storages("probe"),
    obj: storages("obj"),
    pars: entries.pars ? toPlain(entries.pars) as Plain : {},
    runtime: runtimeOf(entries.runtime ? toPlain(entries.runtime) as Plain : {}),
    positions: mapValues(group("positions"), (value, ID) => positionsOf(file, value, `/content/positions/${ID}`)),
    ...(Object.keys(exit).length > 0 ? { exit } : {}),
  };
}

/** The error of a .ptyr file in which something is missing or of the wrong kind. */
export function ptyrError(file: string, what: { path: string; found: string; expected: string }): DataError {
  const message = `Cannot read "${what.path}" in "${file}": found ${what.found}, expected ${what.expected}`;
  return new DataError(message, { file, dataset: what.path, found: what.found, expected: what.expected });
}

function storageNode(storage: PtyrStorage): H5rwNode {
  const { data: { shape }, depth } = storage;
  const triple = (pair: readonly [number, number], first: number | undefined) =>
    first === undefined ? pair : [first, ...pair];
  const center = triple(storage.center, depth?.center);
  const entries: Entries = {
    ID: text(storage.ID),
    numID: int(storage.numID),
    data: array(storage.data),
    shape: ints(shape, "arraytuple"),
    _psize: floats(triple(storage.psize, depth?.psize)),
    _center: center.every(Number.isSafeInteger) ? ints(center, "array") : floats(center),
    _origin: floats(triple(storage.origin, depth?.origin)),
    ...typeof depth?.theta_bragg === "number" ? { _theta_bragg: float(depth.theta_bragg) } : {},
    _energy: storage.energy === null ? { type: "None" } : float(storage.energy),
    fill_value: fillNode(storage.fill_value),
    layermap: ints(storage.layermap, "arraylist"),
    nlayers: int(storage.nlayers),
    padding: int(storage.padding),
    padonly: bool(false),
    model_initialized: bool(true),
    DataTooSmall: bool(false),
    distributed: bool(false),
    _pool: dict({}),
    _recs: dict({}),
    _record: { type: "record", member: "ID", text: storage.ID, length: RECORD_LENGTH },
    grids: { type: "parts", parts: gridsOf(storage), writtenAs: "arraytuple" },
  };
  return { type: "ordered_dict", entries };
}

/** Waves that are not held are read as they are written. */
function wavesNode(waves: LoadedArray): H5rwNode {
  if ("data" in waves || sizeOf(waves.shape) * ELEMENT_BYTES[waves.dtype] <= BOX_BYTES) return array(heldArray(waves));
  const { dtype, shape } = waves;
  let room = newArray(dtype, 0);
  const part: ArrayInParts["part"] = ({ offset, count }) => {
    const length = numbersIn({ dtype, shape: count });
    if (room.length < length) room = newArray(dtype, length);
    const numbers = room.subarray(0, length);
    // Boxes follow one another without gaps.
    const first = offset.reduce((at, place, axis) => at * shape[axis]! + place, 0);
    waves.readInto(numbersIn({ dtype, shape: [first] }), numbers);
    return numbers;
  };
  return { type: "parts", parts: { dtype, shape, part }, writtenAs: "array" };
}

function fillNode(value: PtyrStorage["fill_value"]): H5rwNode {
  return typeof value === "number" ? float(value) : fromPlain(value, { objects: "dict" });
}

/** Coordinates in metres of every pixel, (2, layer, y, x): y then x; (3, layer, plane, y, x) for volumes. PtyPy 0.4 wants them in the file. */
function gridsOf({ data, depth, ...storage }: PtyrStorage): ArrayInParts {
  const origin = depth === undefined ? storage.origin : [depth.origin, ...storage.origin];
  const psize = depth === undefined ? storage.psize : [depth.psize, ...storage.psize];
  // The first part is as large as any.
  let room: Float64Array | null = null;
  return {
    dtype: "float64",
    shape: [origin.length, ...data.shape],
    part({ offset, count }) {
      const size = sizeOf(count);
      const numbers = (room ??= new Float64Array(size)).subarray(0, size);
      const last = count.length - 1;
      const place = [...offset];
      for (let start = 0; start < size; start += count[last]!) {
        for (let axis = last - 1, line = start / count[last]!; axis >= 0; axis--) {
          place[axis] = offset[axis]! + line % count[axis]!;
          line = Math.floor(line / count[axis]!);
        }
        const coordinate = place[0]!;
        // Coordinates belong to the last axes of the array.
        const along = count.length - origin.length + coordinate;
        for (let x = 0; x < count[last]!; x++) {
          const at = along === last ? offset[last]! + x : place[along]!;
          numbers[start + x] = origin[coordinate]! + at * psize[coordinate]!;
        }
      }
      return numbers;
    },
  };
}

function runtimeNode(runtime: PtyrRuntime, lastOnly: boolean): H5rwNode {
  const history = lastOnly ? runtime.iter_info.slice(-1) : runtime.iter_info;
  const entries: Record<string, H5rwNode> = {
    run: text(runtime.run),
    start: text(runtime.start),
    allstart: text(runtime.start),
    allstop: { type: "None" },
    last_save: int(runtime.last_save),
    last_plot: int(runtime.last_plot),
    iter_info: { type: "list", items: history.map(iterationNode) },
  };
  if (runtime.stop !== null) entries.stop = text(runtime.stop);
  if (runtime.error_local) entries.error_local = dict(mapValues(runtime.error_local, floats));
  if (runtime.float_intens) entries.float_intens = dict(mapValues(runtime.float_intens, float));
  return { type: "param", entries };
}

function iterationNode(info: PtyrIteration): H5rwNode {
  const entries: Record<string, H5rwNode> = {
    iteration: int(info.iteration),
    iterations: int(info.iterations),
    engine: text(info.engine),
    duration: float(info.duration),
    error: floats(info.error),
  };
  if (info.numiter !== undefined) entries.numiter = int(info.numiter);
  return dict(entries);
}

function storageOf(file: string, node: H5rwNode, path: string): PtyrStorage {
  const entries = entriesOf(file, node, path);
  const data = complexOf(file, entries.data, `${path}/data`);
  const plain = (name: string): PlainValue => (entries[name] ? toPlain(entries[name]) : null);
  const axes = data.shape.length - 1;
  const placed = (name: string): number[] | null => {
    const value = plain(name);
    const numbers = isArray(value) ? [...toNumbers(value)] : value as number[] | null;
    return numbers?.length === axes ? numbers : null;
  };
  const needed = (name: string): number[] => {
    const value = placed(name);
    if (value !== null) return value;
    const expected = axes === 2 ? "two numbers" : "three numbers";
    throw ptyrError(file, { path: `${path}/${name}`, found: axes === 2 ? "no pair" : "other numbers", expected });
  };
  const pair = (numbers: readonly number[]): [number, number] => [numbers.at(-2)!, numbers.at(-1)!];
  const number = (name: string, otherwise: number): number => {
    const value = plain(name);
    return typeof value === "number" ? value : otherwise;
  };
  const layers = data.shape[0]!;
  const [psize, origin] = [needed("_psize"), needed("_origin")];
  const center = placed("_center") ?? origin.map((o, axis) => -o / psize[axis]!);
  const theta_bragg = plain("_theta_bragg");
  const depth = {
    planes: data.shape[1]!,
    psize: psize[0]!,
    center: center[0]!,
    origin: origin[0]!,
    theta_bragg: typeof theta_bragg === "number" ? theta_bragg : null,
  };
  return {
    ID: String(plain("ID") ?? path.slice(path.lastIndexOf("/") + 1)),
    data,
    psize: pair(psize),
    origin: pair(origin),
    center: pair(center),
    ...axes === 3 ? { depth } : {},
    energy: typeof plain("_energy") === "number" ? plain("_energy") as number : null,
    fill_value: plain("fill_value") as PtyrStorage["fill_value"] ?? 0,
    layermap: listOf(plain("layermap")) ?? Array.from({ length: layers }, (_, i) => i),
    nlayers: number("nlayers", layers),
    padding: number("padding", 0),
    numID: number("numID", 0),
  };
}

function complexOf(file: string, node: H5rwNode | undefined, path: string): NdArray<RealArray> {
  const value = node?.type === "array" ? node.array : undefined;
  if (value === undefined || !isComplex(value) || ![3, 4].includes(value.shape.length) || sizeOf(value.shape) === 0) {
    const found = value ? `${value.dtype} of shape ${value.shape.join(" x ")}` : `${node?.type ?? "nothing"}`;
    throw ptyrError(file, { path, found, expected: "a complex array (layer, y, x) or (layer, plane, y, x)" });
  }
  return value as NdArray<RealArray>;
}

function positionsOf(file: string, node: H5rwNode, path: string): NdArray<Float64Array> {
  const value = node.type === "array" ? node.array : undefined;
  if (value?.shape.length !== 2) throw ptyrError(file, { path, found: node.type, expected: "an array (frame, 2)" });
  return { dtype: "float64", shape: value.shape, data: toNumbers(value) };
}

/** What other versions leave out gets a value that says so; nothing of it is needed to use the arrays. */
function runtimeOf(plain: Plain): PtyrRuntime {
  const history = (plain.iter_info ?? []) as readonly Plain[];
  const local = plain.error_local as Plain | undefined;
  const scales = plain.float_intens as Plain | undefined;
  return {
    run: String(plain.run ?? ""),
    start: String(plain.start ?? ""),
    stop: typeof plain.stop === "string" ? plain.stop : null,
    last_save: Number(plain.last_save ?? 0),
    last_plot: Number(plain.last_plot ?? 0),
    iter_info: history.map(iterationOf),
    ...(local ? { error_local: mapValues(local, tripleOf) } : {}),
    ...(scales ? { float_intens: mapValues(scales, Number) } : {}),
  };
}

function iterationOf(plain: Plain): PtyrIteration {
  return {
    engine: String(plain.engine ?? ""),
    iteration: Number(plain.iteration ?? 0),
    iterations: Number(plain.iterations ?? 0),
    duration: Number(plain.duration ?? 0),
    error: tripleOf(plain.error ?? null),
    ...(typeof plain.numiter === "number" ? { numiter: plain.numiter } : {}),
  };
}

function tripleOf(value: PlainValue): [number, number, number] {
  const [a = NaN, b = NaN, c = NaN] = listOf(value) ?? [];
  return [a, b, c];
}

function listOf(value: PlainValue): number[] | null {
  if (isArray(value)) return [...toNumbers(value)];
  return Array.isArray(value) ? value.map(Number) : null;
}

function entriesOf(file: string, node: H5rwNode, path: string): Entries {
  if ("entries" in node) return node.entries;
  throw ptyrError(file, { path, found: `type "${node.type}"`, expected: "a dictionary" });
}

function mapValues<A, B>(values: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
