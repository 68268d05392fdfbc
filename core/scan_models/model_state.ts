/** A model as what engines work on, and back again. */

import { complexArray, type NdArray, type RealArray } from "../../kernels/nd_array.ts";
import { ADDRESS, type Block, type Coupling, type Data, type State } from "../../kernels/reconstruction.ts";
import { type Container, storageData, type WaveContainer } from "../containers/container.ts";
import { firstPixel, storageSize } from "../containers/storage.ts";
import { ShapeError } from "../../kernels/errors.ts";
import type { PtyrStorage } from "../formats/ptyr.ts";
import { propagatorFactors } from "../propagators/propagator.ts";
import type { Model, ModelLayout } from "./model.ts";

/**
 * The data and the state at the start of a run: one block per scan, and probe, object and positions. Frames, masks, probe and
 * object share memory with the model.
 */
export function modelToData(model: Model): { readonly data: Data; readonly state: State } {
  const { precision, probe, obj, positions, random } = model;
  return {
    data: {
      precision,
      blocks: blocksOf(model),
      probes: probe.storages,
      objects: obj.storages,
      couplings: { probe: couplingsOf(model, "probe"), object: couplingsOf(model, "object") },
    },
    state: {
      iterations: 0,
      iteration: 0,
      random,
      scalars: {},
      arrays: {
        probe: complexArray(probe.data, [probe.data.length / 2]),
        object: complexArray(obj.data, [obj.data.length / 2]),
        positions: { dtype: "float64", shape: [positions.length / 2, 2], data: positions },
      },
    },
  };
}

/** A model without its probe and object. */
export function layoutOf({ probe, obj, ...model }: Model): ModelLayout {
  const { data: _probe, ...probeLayout } = probe;
  const { data: _object, ...objectLayout } = obj;
  return { ...model, probe: probeLayout, obj: objectLayout };
}

/**
 * The model with probe, object and positions of a state of the same model; views follow the positions. Memory is shared.
 *
 * @throws {ShapeError} if an array of the state is missing or of another size
 */
export function modelFromState(model: ModelLayout, state: State): Model {
  const array = (name: string, length: number): NdArray => {
    const found = state.arrays[name];
    if (found?.data.length === length) return found;
    throw new ShapeError(
      `Cannot take "${name}" from the state: found ${found?.data.length ?? "no"} numbers, expected ${length}`,
      { array: name, expected: length },
    );
  };
  const positions = array("positions", model.positions.length).data as Float64Array;
  const views = model.obj.views.map((view) => ({ ...view }));
  for (const pod of model.pods) {
    const scan = model.scans[pod.scan]!;
    const row = 2 * (scan.firstFrame + pod.frame);
    const coord = [positions[row]!, positions[row + 1]!] as const;
    const { center } = model.obj.storages[views[pod.obj]!.storage]!;
    const first = firstPixel(coord, { psize: scan.geometry.resolution, shape: scan.geometry.shape });
    views[pod.obj] = { ...views[pod.obj]!, coord, low: [first[0] + center[0], first[1] + center[1]] };
  }
  return {
    ...model,
    positions,
    random: state.random,
    probe: { ...model.probe, ID: "Cprobe", data: array("probe", numbersOf(model.probe)).data as RealArray },
    obj: { ...model.obj, ID: "Cobj", views, data: array("object", numbersOf(model.obj)).data as RealArray },
  };
}

/** Numbers of a container's complex storages. */
function numbersOf({ storages }: Container): number {
  return storages.reduce((sum, storage) => sum + 2 * storageSize(storage), 0);
}

/** Storages and positions of a model as a `.ptyr` file has them. Memory is shared. */
export function modelToPtyr(model: Model): {
  readonly probe: Record<string, PtyrStorage>;
  readonly obj: Record<string, PtyrStorage>;
  readonly positions: Record<string, NdArray<Float64Array>>;
} {
  const positions: Record<string, NdArray<Float64Array>> = {};
  for (const [index, { ID }] of model.obj.storages.entries()) {
    const users = model.scans.filter(({ energies }) => energies.some((e) => e.objectStorage === index));
    const columns = users.some(({ bragg }) => bragg !== undefined) ? 3 : 2;
    const rows = users.flatMap((scan) => {
      if (scan.bragg !== undefined) return [...scan.bragg.coordinates];
      const from = 2 * scan.firstFrame;
      return [...model.positions.subarray(from, from + 2 * scan.prepared.numFrames)];
    });
    positions[ID] = { dtype: "float64", shape: [rows.length / columns, columns], data: Float64Array.from(rows) };
  }
  return { probe: ptyrStorages(model.probe), obj: ptyrStorages(model.obj), positions };
}

function ptyrStorages(container: WaveContainer): Record<string, PtyrStorage> {
  return Object.fromEntries(container.storages.map((storage) => {
    const { ID, layers, rows, cols, psize, center, origin, energy, fillValue, layermap, padding, numID, depth } =
      storage;
    const shape = [layers, ...depth === undefined ? [] : [depth.planes], rows, cols];
    const data = complexArray(storageData(container, storage), shape);
    const fields = { psize, center, origin, energy, layermap, padding, numID, ...depth === undefined ? {} : { depth } };
    return [ID, { ID, data, ...fields, fill_value: fillValue, nlayers: layers }];
  }));
}

function blocksOf(model: Model): Block[] {
  const { diff, precision } = model;
  return model.scans.map(({ label, geometry, energies, prepared, probeModes, objectModes, bragg }, scan) => ({
    ID: diff.storages[scan]!.ID,
    label,
    frames: prepared.numFrames,
    modes: energies.length * probeModes * objectModes,
    rows: geometry.shape[0],
    cols: geometry.shape[1],
    measured: prepared.measured,
    ...bragg === undefined
      ? { propagators: propagatorFactors(energies.map((energy) => energy.geometry), precision) }
      : { propagators: [], planes: bragg.geometry.shape[0] },
    address: addressOf(model, scan),
  }));
}

/** Where storages that have something in common lie in the flat array of their container. */
export function couplingsOf(
  { probe, obj, couplings }: Pick<Model, "couplings"> & Record<"probe" | "obj", Container>,
  kind: "probe" | "object",
): Coupling[] {
  const container = kind === "probe" ? probe : obj;
  return couplings[kind].map(({ storages, project, restrict }) => {
    const [first, second] = storages.map((index) => container.storages[index]!);
    return { start: first!.start, stride: second!.start - first!.start, energies: storages.length, project, restrict };
  });
}

function addressOf({ pods, probe, obj }: Model, scan: number): Int32Array {
  const own = pods.filter((pod) => pod.scan === scan);
  const address = new Int32Array(own.length * ADDRESS.columns);
  for (const [index, pod] of own.entries()) {
    const row = index * ADDRESS.columns;
    const [probeView, objectView] = [probe.views[pod.probe]!, obj.views[pod.obj]!];
    const [probeStorage, object] = [probe.storages[probeView.storage]!, obj.storages[objectView.storage]!];
    const layerOf = (s: typeof object) => storageSize(s) / s.layers;
    address[row + ADDRESS.probeStart] = probeStorage.start + probeView.layer * layerOf(probeStorage);
    const planeStart = (objectView.depth?.low ?? 0) * object.rows * object.cols;
    address[row + ADDRESS.objectStart] = object.start + objectView.layer * layerOf(object) + planeStart;
    address[row + ADDRESS.objectStride] = object.cols;
    address[row + ADDRESS.oy] = objectView.low[0];
    address[row + ADDRESS.ox] = objectView.low[1];
    address[row + ADDRESS.propagator] = pod.energy;
    address[row + ADDRESS.object] = objectView.storage;
  }
  return address;
}
