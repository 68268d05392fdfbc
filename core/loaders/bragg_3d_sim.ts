/** A simulated Bragg experiment that needs no file: a beam scans a film of two stripes, with a rocking curve at each place. */

import { turnRows } from "../bragg/assemble.ts";
import { type BraggGeometry, createBraggGeometry, type Triple } from "../bragg/geometry.ts";
import { braggIllumination } from "../bragg/illumination.ts";
import { type BraggTruth, createBraggTruth, frameSimulator, type SimulateFrame } from "../bragg/simulation.ts";
import { ParameterError, type ParameterIssue } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import { writeNpz } from "../formats/npz.ts";
import { readPtyr } from "../formats/ptyr.ts";
import { pairOf } from "../pair.ts";
import type { Bragg3dSimScanParams } from "../parameters/scandata/bragg_3d_sim_scan.ts";
import { createPositions } from "../scan_patterns/scan_pattern.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";
import { flatPositions, ROCKING_COLUMNS } from "./rocking.ts";

/** The path of messages; a loader does not know the label of its scan. */
const WHERE = "scans.*.data";

/** The part of the crystal that is scanned, (x, y) in metres. */
const SCANNED = [2e-6, 5e-6] as const;

/** More would take a day to simulate. */
const MOST_FRAMES = 1_000_000;

/** A simulated scan with what it was made of. */
export interface Bragg3dSimulation {
  readonly scan: OpenScan;
  readonly truth: BraggTruth;
}

/**
 * Simulates rocking curves |fftshift(fftn(probe * view))|^2. A scan of type `1d` goes along y from -2.5 to 2.5 micrometres, `2d` is a
 * spiral in 2 x 5 micrometres of x and y. Frames come place by place and angle by angle, (i - n / 2 + 1 / 2) steps from the Bragg angle, unless
 * they are shuffled; their rows are turned upside down against q1, as a detector sees them. `dump` gets the intensities, (place, q3, q1, q2),
 * once the frames were prepared.
 *
 * @throws {ParameterError} naming every parameter that cannot be simulated
 * @see PtyPy 0.4: Bragg3dSimScan (differs: frames are made when they are read; shuffling draws from the run's generator)
 */
export function simulateBragg3d(p: Bragg3dSimScanParams, services: LoaderServices): Bragg3dSimulation {
  const geometry = geometryOf(p);
  const places = placesOf(p);
  const { illumination } = p;
  const probe = braggIllumination(illumination, {
    random: services.random,
    log: services.log,
    loadArray: (reference) => loadArray(placeReference(reference, services.path)),
    readPtyr: (file) => readPtyr(services.path(file), { notice: services.log }),
    geometry,
    storageID: "",
    where: `${WHERE}.illumination`,
  });
  const truth = createBraggTruth({ geometry, places, probe });
  const [n3, n1, n2] = geometry.shape;
  const simulate: SimulateFrame = p.dry_run ? (out) => out.fill(0) : frameSimulator(truth);
  const order = p.shuffle
    ? services.random.permutation(places.length * n3)
    : Int32Array.from({ length: places.length * n3 }, (_, i) => i);
  const coordinates = coordinatesOf(truth, { order, step: p.rocking_step });
  const scan: OpenScan = {
    numFrames: order.length,
    positions: flatPositions(coordinates),
    rocking: { theta_bragg: p.theta_bragg, rocking_step: p.rocking_step, coordinates },
    empty: p.dry_run,
    weight: null,
    source: "Bragg3dSimScan",
    found: { shape: [n1, n2], center: [Math.floor(n1 / 2), Math.floor(n2 / 2)] },
    frames(start, stop) {
      const data = new Float64Array((stop - start) * n1 * n2);
      for (const [i, frame] of order.subarray(start, stop).entries()) {
        const out = data.subarray(i * n1 * n2, (i + 1) * n1 * n2);
        simulate(out, { place: Math.floor(frame / n3), angle: frame % n3 });
        turnRows(out, n2);
      }
      return { data: { dtype: "float64", shape: [stop - start, n1, n2], data } };
    },
    finish() {
      if (p.dump !== null) writeDump(services.path(p.dump), { truth, simulate });
    },
    [Symbol.dispose]: () => {},
  };
  return { scan, truth };
}

/** Simulates a Bragg experiment. @see simulateBragg3d */
export const bragg3dSim = defineLoader<Bragg3dSimScanParams>({
  name: "Bragg3dSimScan",
  open: (p, services) => simulateBragg3d(p, services).scan,
});

/** About how many frames are simulated: the spiral has a position for each square of a step. */
export function bragg3dFrames(
  { stepsize, scantype, n_rocking_positions }: Pick<
    Bragg3dSimScanParams,
    "stepsize" | "scantype" | "n_rocking_positions"
  >,
): number {
  const positions = scantype === "1d" ? SCANNED[1] / stepsize : SCANNED[0] * SCANNED[1] / stepsize ** 2;
  return Math.ceil(positions) * n_rocking_positions;
}

function geometryOf(p: Bragg3dSimScanParams): BraggGeometry {
  if (p.shape === null) {
    throw new ParameterError([{ path: `${WHERE}.shape`, message: "found None, expected pixels to simulate" }]);
  }
  return createBraggGeometry({
    energy: p.energy ?? NaN,
    distance: p.distance ?? NaN,
    psize: p.psize ?? NaN,
    shape: [p.n_rocking_positions, ...pairOf(p.shape)],
    theta_bragg: p.theta_bragg,
    rocking_step: p.rocking_step,
    where: WHERE,
  });
}

/** Where the beam is, (x, z, y) in metres. */
function placesOf(p: Bragg3dSimScanParams): Triple[] {
  const { stepsize, scantype } = p;
  const issues: ParameterIssue[] = [];
  if (!(stepsize > 0 && stepsize < Infinity)) {
    issues.push({ path: `${WHERE}.stepsize`, message: `found ${stepsize}, expected a distance in metres above 0` });
  } else if (bragg3dFrames(p) > MOST_FRAMES) {
    const message = `found ${stepsize} m, which makes about ${bragg3dFrames(p)} frames with ${p.n_rocking_positions} ` +
      `rocking positions each, expected at most ${MOST_FRAMES}`;
    issues.push({ path: `${WHERE}.stepsize`, message });
  }
  if (issues.length > 0) throw new ParameterError(issues);
  if (scantype === "2d") {
    const flat = createPositions({ model: "spiral", extent: SCANNED, spacing: stepsize, steps: null, where: WHERE })!;
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, 0, flat[2 * i + 1]!] as const);
  }
  const start = -SCANNED[1] / 2;
  // As numpy.arange does, so that the line has as many places as PtyPy's: the step is what rounding leaves of it.
  const step = start + stepsize - start;
  const count = Math.ceil((SCANNED[1] / 2 - start) / stepsize);
  return Array.from({ length: count }, (_, i) => [0, 0, start + i * step] as const);
}

function coordinatesOf(
  { geometry, places }: BraggTruth,
  { order, step }: { readonly order: Int32Array; readonly step: number },
): Float64Array {
  const [n3] = geometry.shape;
  const coordinates = new Float64Array(ROCKING_COLUMNS * order.length);
  for (const [i, frame] of order.entries()) {
    const angle = (frame % n3 - n3 / 2 + 0.5) * step;
    coordinates.set([angle, ...places[Math.floor(frame / n3)]!], ROCKING_COLUMNS * i);
  }
  return coordinates;
}

function writeDump(
  path: string,
  { truth, simulate }: { readonly truth: BraggTruth; readonly simulate: SimulateFrame },
) {
  const { geometry: { shape: [n3, n1, n2] }, places } = truth;
  const frame = new Float64Array(n1 * n2);
  function* frames(): Generator<Float64Array> {
    for (let i = 0; i < places.length * n3; i++) {
      simulate(frame, { place: Math.floor(i / n3), angle: i % n3 });
      yield frame;
    }
  }
  writeNpz(path, [
    { name: "diffraction", dtype: "float64", shape: [places.length, n3, n1, n2], parts: frames },
    {
      name: "positions",
      dtype: "float64",
      shape: [places.length, 3],
      parts: () => [Float64Array.from(places.flat())],
    },
  ]);
}
