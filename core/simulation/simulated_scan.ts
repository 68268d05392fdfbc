/** A whole experiment simulated from its parameters, frame after frame as they are asked for. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import { readPtyr } from "../formats/ptyr.ts";
import type { Geometry } from "../geometry.ts";
import type { LoaderServices, OpenScan } from "../loaders/loader.ts";
import type { SimScanParams } from "../parameters/scandata/sim_scan.ts";
import { givenPositions } from "../preparation/positions_theory.ts";
import type { Random } from "../random.ts";
import { randomStreams } from "../random_streams.ts";
import { createPositions } from "../scan_patterns/scan_pattern.ts";
import type { Model } from "../scan_models/model.ts";
import { createCamera, takeFrames } from "./camera.ts";
import { recordedPositions } from "./position_errors.ts";
import { createLight } from "./simulated_light.ts";
import { simulatedGeometry, simulatedModel, WHERE } from "./simulated_model.ts";

/** A simulated scan with what it was made of. */
export interface Simulation {
  readonly scan: OpenScan;
  /** Probe, object, and the views at the true positions. */
  readonly truth: Model;
}

/** Which generator of the scan draws what; those of the frames follow. */
const STREAM = { jitter: 0, positions: 1, model: 2, frames: 3 } as const;

/** More would take a day to simulate. */
const MOST_FRAMES = 1_000_000;

/**
 * Simulates a scan: positions, probe and object as the model `Full` makes them, |fw(probe * view)|^2 summed over modes, blur,
 * detector, crop. A frame depends on the parameters and the seed alone, not on which frames are asked for together.
 *
 * @throws {ParameterError} naming every parameter that cannot be simulated
 * @see PtyPy 0.4: SimScan (differs: frames are made when they are read; position errors, `frame_size` and `jitter` work; the
 *   means of a detector that is None are not drawn from)
 */
export function simulateScan(p: SimScanParams, services: LoaderServices): Simulation {
  refuseNoiseTwice(p);
  const stream = randomStreams(services.random);
  const geometry = simulatedGeometry(p);
  const positions = positionsOf(p, { services, random: stream(STREAM.jitter) });
  const truth = simulatedModel(p, { geometry, positions, services: modelServices(services, stream(STREAM.model)) });
  const camera = createCamera(p, { geometry, services });
  const light = createLight(truth);
  const say = sayer(p, services);
  tell(say, { p, truth, geometry });
  return {
    truth,
    scan: {
      numFrames: positions.length / 2,
      positions: recordedPositions(positions, p, { random: stream(STREAM.positions), where: WHERE }),
      weight: { dtype: "uint8", shape: camera.window.to, data: camera.weight },
      source: "SimScan",
      found: { shape: camera.window.to, center: camera.center },
      settled: p.center === null ? ["shape"] : ["shape", "center"],
      frames(start, stop) {
        say(3, `simulating frames ${start} to ${stop - 1}`);
        return takeFrames({ start, stop }, {
          camera,
          geometry,
          light,
          randomOf: (frame) => stream(STREAM.frames + frame),
        });
      },
      [Symbol.dispose]: () => {},
    },
  };
}

/** A detector that is given counts photons already. */
function refuseNoiseTwice(p: SimScanParams): void {
  if (!p.add_poisson_noise || p.detector === null) return;
  const message =
    "found true beside a detector, which draws photons already, expected detector: null, or false to draw them once";
  throw new ParameterError([{ path: `${WHERE}.add_poisson_noise`, message }]);
}

/** True positions: those of the pattern or given ones, displaced by the jitter, at most `num_frames` of them. */
function positionsOf(p: SimScanParams, o: { services: LoaderServices; random: Random }): Float64Array {
  const { override, model, ...pattern } = p.xy;
  const given = override ?? (typeof model === "object" ? model : null);
  const positions = createPositions({
    ...pattern,
    model: typeof model === "string" ? model : null,
    override: givenPositions(given, { path: `${WHERE}.xy.override`, load: arrays(o.services) }),
    random: o.random,
    where: `${WHERE}.xy`,
  });
  if (positions === null || positions.length === 0) {
    const [path, found] = positions === null ? ["xy.model", "no pattern"] : ["xy.extent", "no position within it"];
    const message = `found ${found}, expected at least one position to simulate a frame at`;
    throw new ParameterError([{ path: `${WHERE}.${path}`, message }]);
  }
  const frames = Math.min(p.num_frames ?? Infinity, positions.length / 2);
  if (frames > MOST_FRAMES) {
    const message = `found ${frames} positions, expected at most ${MOST_FRAMES} frames to simulate`;
    throw new ParameterError([{ path: `${WHERE}.xy`, message }]);
  }
  return positions.slice(0, 2 * frames);
}

function arrays({ path }: LoaderServices): (reference: string) => NdArray {
  return (reference) => loadArray(placeReference(reference, path));
}

function modelServices(services: LoaderServices, random: Random): Parameters<typeof simulatedModel>[1]["services"] {
  const { path, log, warn = log } = services;
  return {
    random,
    log: warn,
    readPtyr: (file) => readPtyr(path(file), { notice: warn }),
    loadArray: arrays(services),
  };
}

/** Says what belongs to a level of `verbose_level`. */
function sayer({ verbose_level }: SimScanParams, { log }: LoaderServices): (level: number, message: string) => void {
  return (level, message) => {
    if (level <= verbose_level) log(message);
  };
}

function tell(
  say: ReturnType<typeof sayer>,
  { p, truth, geometry }: { p: SimScanParams; truth: Model; geometry: Geometry },
): void {
  const [{ rows, cols }, probe] = [truth.obj.storages[0]!, truth.probe.storages[0]!];
  const size = `${truth.positions.length / 2} frames of ${geometry.shape.join(" x ")}`;
  say(1, `simulating ${size}, ${probe.layers} probe modes on an object of ${rows} x ${cols} pixels`);
  const photons = Float64Array.from(truth.probe.data).reduce((sum, value) => sum + value * value, 0);
  const [y, x] = geometry.resolution.map((metres) => metres.toPrecision(4));
  say(
    2,
    `${p.propagation}: wavelength ${geometry.lam.toPrecision(6)} m, sample pixel ${y} x ${x} m, ${
      photons.toPrecision(6)
    } photons in the beam`,
  );
}
