/** The light of a simulation: what reaches the detector from a model's probes and objects. */

import { storageData } from "../containers/container.ts";
import { storageSize } from "../containers/storage.ts";
import type { Pod } from "../containers/pod.ts";
import { createPropagator, type Propagator } from "../propagators/propagator.ts";
import type { Model } from "../scan_models/model.ts";
import { exitWaveOf } from "./exit_wave.ts";

/**
 * A function that adds the photons of one frame to `into`, (y, x): the sum over its pods, which do not interfere, of
 * |fw(probe * view)|^2.
 *
 * @see Thibault and Menzel, Nature 494 (2013) 68, 10.1038/nature11806, eq. 2
 */
export function createLight(model: Model): (frame: number, into: Float64Array) => void {
  const propagators = model.scans.map(({ energies }) => energies.map(({ geometry }) => createPropagator(geometry)));
  const podsPerFrame = model.pods.length / (model.positions.length / 2);
  return function addPhotons(frame, into) {
    for (const pod of model.pods.slice(frame * podsPerFrame, (frame + 1) * podsPerFrame)) {
      const propagator = propagators[pod.scan]![pod.energy]!;
      addIntensity(into, propagator.forward(exitWave(model, pod, propagator)));
    }
  };
}

/** Changes `into`. */
function addIntensity(into: Float64Array, wave: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
}

/** Probe times view, complex (y, x). */
function exitWave({ probe, obj }: Model, pod: Pod, { geometry }: Propagator): Float64Array {
  const [rows, cols] = geometry.shape;
  const probeView = probe.views[pod.probe]!;
  const objectView = obj.views[pod.obj]!;
  const { cols: stride } = obj.storages[objectView.storage]!;
  const view = { layer: layerOf(obj, objectView), stride, low: objectView.low };
  return exitWaveOf(layerOf(probe, probeView), view, { rows, cols });
}

function layerOf(
  container: Model["probe"],
  view: { readonly storage: number; readonly layer: number },
): ArrayLike<number> {
  const storage = container.storages[view.storage]!;
  const size = 2 * storageSize(storage) / storage.layers;
  return storageData(container, storage).subarray(view.layer * size, (view.layer + 1) * size);
}
