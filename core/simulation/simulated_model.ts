/** Probe, object and views of a simulation: the model `Full` at the positions of its pattern. */

import { MOST_ELEMENTS } from "../containers/container.ts";
import { ParameterError } from "../errors.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { FullParams } from "../parameters/scan/full.ts";
import type { SimScanParams } from "../parameters/scandata/sim_scan.ts";
import { resolveCenter } from "../preparation/center.ts";
import { buildModel } from "../scan_models/build_model.ts";
import type { Model } from "../scan_models/model.ts";
import type { ModelServices } from "../scan_models/scan_model.ts";

/** Label of the scan within the model of a simulation. */
export const SIMULATED_LABEL = "SimScan";

/** The path of messages; a loader does not know the label of its scan. */
export const WHERE = "scans.*.data";

/** Photons of a simulation without `illumination.photons`: there are no frames whose counts could be taken. */
const PHOTONS = 1e8;

/**
 * The geometry of the frames that are simulated: square, `shape` wide, with the optical axis where `center` has it.
 *
 * @throws {ParameterError} for numbers that no experiment has
 */
export function simulatedGeometry(p: SimScanParams): Geometry {
  const side = typeof p.shape === "object" && p.shape !== null ? Math.min(...p.shape) : p.shape;
  const modes = Math.max(1, p.coherence.num_probe_modes);
  const most = Math.floor(Math.sqrt(MOST_ELEMENTS / modes));
  if (side === null || !(side >= 2 && side <= most)) {
    const message = `found ${side ?? "None"}, expected from 2 to ${most} pixels to simulate ${modes} probe modes`;
    throw new ParameterError([{ path: `${WHERE}.shape`, message }]);
  }
  const geometry = createGeometry({
    energy: p.energy,
    distance: p.distance ?? NaN,
    psize: p.psize,
    shape: side,
    propagation: p.propagation,
    center: p.center ?? "fftshift",
    where: WHERE,
  });
  return { ...geometry, center: resolveCenter(geometry.center, geometry.shape) };
}

/**
 * Makes the model of a simulation.
 *
 * positions  (frame, 2), row then column, metres: where the sample is, not where an encoder says that it is
 *
 * @throws {ParameterError} naming the parameter below `scans.*.data` for a beam, a sample or a size that cannot be simulated
 */
export function simulatedModel(
  p: SimScanParams,
  o: { readonly geometry: Geometry; readonly positions: Float64Array; readonly services: ModelServices },
): Model {
  const { geometry, positions } = o;
  refuseData(p);
  refuseSpan(p, o);
  const scan: FullParams = {
    name: "Full",
    tags: [],
    data: p,
    propagation: p.propagation,
    illumination: p.illumination,
    sample: p.sample,
    coherence: p.coherence,
    sharing: { probe: null, object: null },
  };
  const prepared = emptyScan(geometry, positions);
  const here = (text: string) => text.replaceAll(INNER_PATH, `${WHERE}.`);
  const services = { ...o.services, log: (message: string) => o.services.log(here(message)) };
  try {
    return buildModel([{ label: SIMULATED_LABEL, p: scan, prepared, photons: photonsOf(p) }], {
      ...services,
      precision: "double",
    });
  } catch (e) {
    if (!(e instanceof ParameterError)) throw e;
    throw new ParameterError(e.issues.map(({ path, message }) => ({ path: here(path), message: here(message) })), e);
  }
}

/** What stands before the names of parameters in the model's messages. */
const INNER_PATH = new RegExp(`scans\\.${SIMULATED_LABEL}\\.(data\\.)?`, "g");

function photonsOf({ illumination }: SimScanParams): number {
  return (typeof illumination === "object" ? illumination.photons : null) ?? PHOTONS;
}

/** An analysis of measured frames has nothing to analyse here. */
function refuseData({ illumination, sample }: SimScanParams): void {
  const models = {
    illumination: typeof illumination === "string" ? illumination : null,
    "illumination.model": typeof illumination === "object" ? illumination.model : null,
    "sample.model": sample.model,
  };
  const issues = Object.entries(models).filter(([, model]) => model === "stxm").map(([name]) => ({
    path: `${WHERE}.${name}`,
    message: 'found "stxm", expected another model: a simulation has no frames that could be analysed',
  }));
  if (issues.length > 0) throw new ParameterError(issues);
}

/** Before memory is taken: how large an object the positions span. */
function refuseSpan(
  { coherence }: SimScanParams,
  { geometry, positions }: { readonly geometry: Geometry; readonly positions: Float64Array },
): void {
  const spans = ([0, 1] as const).map((axis) => {
    const [low, high] = positions.reduce(
      ([l, h], metres, i) => i % 2 === axis ? [Math.min(l, metres), Math.max(h, metres)] : [l, h],
      [Infinity, -Infinity],
    );
    return Math.ceil((high - low) / geometry.resolution[axis]) + geometry.shape[axis];
  });
  const modes = Math.max(1, coherence.num_object_modes);
  if (spans[0]! * spans[1]! * modes <= MOST_ELEMENTS) return;
  const message = `found positions that span an object of ${modes} x ${spans[0]} x ${spans[1]} pixels of ${
    geometry.resolution[0].toPrecision(3)
  } m, expected at most ${
    MOST_ELEMENTS / 1e6
  } million pixels; lower extent or count, or check energy, distance and psize`;
  throw new ParameterError([{ path: `${WHERE}.xy`, message }]);
}

/** A scan that has not been measured yet: positions and geometry. */
function emptyScan({ energy, distance, psize, shape, center }: Geometry, positions: Float64Array): PreparedScan {
  const numFrames = positions.length / 2;
  return {
    meta: { label: SIMULATED_LABEL, energy, distance, psize, shape, center: center as [number, number], version: 0 },
    numFrames,
    indices: Int32Array.from({ length: numFrames }, (_, i) => i),
    positions,
    measured: {
      frames: numFrames,
      points: shape[0] * shape[1],
      precision: "single",
      maskFrames: 1,
      readDiffraction: (_first, into) => into.fill(0),
      readMask: (_first, into) => into.fill(1),
    },
  };
}
