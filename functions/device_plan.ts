/** The stage that finds an engine a device with room for it. */

import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import type { Device } from "../kernels/device.ts";
import { planMemory } from "../kernels/memory_plan.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import type { Data, StorageSpec } from "../kernels/reconstruction.ts";

/** Where an engine runs. */
export interface DevicePlan {
  readonly device: Device;
  /** Where it runs and what it takes there, for the log. */
  readonly message: string;
  /** Why it is not the device that was asked for; null if it is. */
  readonly notice: string | null;
}

/** Gives the device if the data fit into its memory, else the reference, which is slow but has no limit of its own. */
export function planDevice(engine: SupportedParams["name"], { data, device }: {
  readonly data: Data;
  readonly device: Device;
}): DevicePlan {
  const { precision, blocks, probes, objects } = data;
  const { waves } = findEngine(engine);
  const need = { precision, blocks, probeElements: elementsOf(probes), objectElements: elementsOf(objects), waves };
  const { frameBytes, arrayBytes, fits } = planMemory(need, device.limits);
  const frames = blocks.reduce((sum, block) => sum + block.frames, 0);
  const total = megabytes(frameBytes + arrayBytes);
  if (fits) {
    return { device, notice: null, message: `${device.name}, all ${frames} frames in memory, ${total}` };
  }
  const limit = megabytes(device.limits.memoryBytes ?? Infinity);
  return {
    device: createReferenceDevice(),
    message: `reference, all ${frames} frames in memory, ${total}`,
    notice:
      `${engine} needs ${total}, the ${device.name} device holds ${limit}: it runs on the reference device, which is slow; ` +
      "fewer frames, a smaller shape or data_type: single would fit",
  };
}

function elementsOf(storages: readonly StorageSpec[]): number {
  return storages.reduce((sum, { layers, rows, cols }) => sum + layers * rows * cols, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}
