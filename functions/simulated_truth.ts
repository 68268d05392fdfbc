/** The truth of a simulation as a `.ptyr` file, so that everything that reads results can read it. */

import { type Ptyr, PTYR_DESCRIPTION, type PtyrStorage, writePtyr } from "../core/formats/ptyr.ts";
import { asctime } from "../core/formats/h5rw.ts";
import { toNatural, type Triple } from "../core/bragg/geometry.ts";
import type { BraggTruth } from "../core/bragg/simulation.ts";
import type { MoonFlowerTruth } from "../core/loaders/moon_flower.ts";
import type { PreparedScan } from "../core/loaders/prepared_scan.ts";
import type { Model } from "../core/scan_models/model.ts";
import { modelToPtyr } from "../core/scan_models/model_state.ts";
import { complexArray } from "../kernels/nd_array.ts";

/** Probe, object and true positions. */
export type Truth = Pick<Required<Ptyr>, "probe" | "obj" | "positions">;

/** The truth of a moon that scans a flower. */
export function truthOfMoonFlower(
  label: string,
  { prepared, truth }: { readonly prepared: PreparedScan; readonly truth: MoonFlowerTruth },
): Truth {
  const ID = `S${label}G00`;
  const { energy } = prepared.meta;
  const [rows, cols] = truth.probe.shape as readonly [number, number];
  const psize = truth.resolution;
  const zeroOf = (axis: 0 | 1) =>
    truth.origins[axis]! + Math.floor([rows, cols][axis]! / 2) - Math.round(prepared.positions[axis]! / psize[axis]);
  const center = [zeroOf(0), zeroOf(1)] as const;
  const storage = (array: typeof truth.probe, zero: readonly [number, number]) => ({
    ID,
    numID: 1,
    data: complexArray(array.data, [1, ...array.shape]),
    psize,
    center: zero,
    origin: [-zero[0] * psize[0], -zero[1] * psize[1]] as const,
    energy,
    fill_value: 0,
    layermap: [0],
    nlayers: 1,
    padding: 0,
  });
  const positions = { dtype: "float64", shape: [prepared.numFrames, 2], data: prepared.positions } as const;
  return {
    probe: { [ID]: storage(truth.probe, [Math.floor(rows / 2), Math.floor(cols / 2)]) },
    obj: { [ID]: storage(truth.object, center) },
    positions: { [ID]: positions },
  };
}

/** The truth of rocking curves: crystal and probe, under the IDs that `Bragg3dModel` gives to a scan of this label. */
export function truthOfBragg(
  label: string,
  { geometry, places, probe, object, objectShape, objectOrigin }: BraggTruth,
): Truth {
  const ID = `S${label}`;
  const { resolution, shape, energy, theta_bragg } = geometry;
  const storage = (data: Float64Array, box: { readonly shape: Triple; readonly origin: Triple }): PtyrStorage => {
    const [planes, rows, cols] = box.shape;
    const [center3, center1, center2] = box.origin.map((o, axis) => Math.round(-o / resolution[axis]!) + 0);
    return {
      ID,
      numID: 1,
      data: complexArray(data, [1, planes, rows, cols]),
      psize: [resolution[1], resolution[2]],
      center: [center1!, center2!],
      origin: [box.origin[1], box.origin[2]],
      depth: { planes, psize: resolution[0], center: center3!, origin: box.origin[0], theta_bragg },
      energy,
      fill_value: 0,
      layermap: [0],
      nlayers: 1,
      padding: 0,
    };
  };
  const middle = shape.map((n, axis) => -Math.floor(n / 2) * resolution[axis]!) as unknown as Triple;
  const crystal = Float64Array.from({ length: 2 * object.length }, (_, i) => i % 2 === 0 ? object[i >> 1]! : 0);
  const coordinates = Float64Array.from(places.flatMap((place) => toNatural(place, geometry)));
  return {
    probe: { [ID]: storage(probe, { shape, origin: middle }) },
    obj: { [ID]: storage(crystal, { shape: objectShape, origin: objectOrigin }) },
    positions: { [ID]: { dtype: "float64", shape: [places.length, 3], data: coordinates } },
  };
}

/** The truth of a scan that a model describes, under the IDs that the model `Full` gives to a scan of this label. */
export function truthOfModel(label: string, model: Model): Truth {
  const { probe, obj, positions } = modelToPtyr(model);
  const own = model.scans[0]!.label;
  const named = <T>(storages: Readonly<Record<string, T>>, change: (value: T, ID: string) => T) =>
    Object.fromEntries(
      Object.entries(storages).map(([ID, value]) => {
        const name = `S${label}${ID.slice(1 + own.length)}`;
        return [name, change(value, name)];
      }),
    );
  const storage = (value: PtyrStorage, ID: string) => ({ ...value, ID });
  return { probe: named(probe, storage), obj: named(obj, storage), positions: named(positions, (value) => value) };
}

/** Writes the truth of a scan. */
export function writeTruth(path: string, truth: Truth, { label, now }: { label: string; now: Date }): Ptyr {
  const content: Ptyr = {
    kind: "minimal",
    description: PTYR_DESCRIPTION,
    ...truth,
    pars: {},
    runtime: {
      run: `${label}_truth`,
      start: asctime(now),
      stop: asctime(now),
      iter_info: [],
      last_save: 0,
      last_plot: 0,
    },
  };
  writePtyr(path, content, { now });
  return content;
}
