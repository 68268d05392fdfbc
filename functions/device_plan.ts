/** The stage that finds an engine a device with room for it. */

import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import type { Device } from "../kernels/device.ts";
import { planMemory } from "../kernels/memory_plan.ts";
import type { Data, StorageSpec } from "../kernels/reconstruction.ts";

/** Where an engine runs. */
export interface DevicePlan {
  readonly device: Device;
  /** Where it runs and what it takes there, for the log. */
  readonly message: string;
  /** Why it is not the first device; null if it is. */
  readonly notice: string | null;
}

/** Gives the first device that has room for the data; the last one where none has, which then says in its own words what is missing. */
export function planDevice(engine: SupportedParams["name"], { data, devices }: {
  readonly data: Data;
  readonly devices: readonly Device[];
}): DevicePlan {
  const { precision, blocks, probes, objects } = data;
  const { waves } = findEngine(engine);
  const need = { precision, blocks, probeElements: elementsOf(probes), objectElements: elementsOf(objects), waves };
  const plans = devices.map((device) => ({ device, ...planMemory(need, device.limits) }));
  const { device, frameBytes, arrayBytes } = plans.find(({ fits }) => fits) ?? plans.at(-1)!;
  const frames = blocks.reduce((sum, block) => sum + block.frames, 0);
  const total = megabytes(frameBytes + arrayBytes);
  const [first] = devices;
  return {
    device,
    message: `${device.name}, all ${frames} frames in memory, ${total}`,
    notice: device === first
      ? null
      : `${engine} needs ${total}, the ${first!.name} device holds ${
        megabytes(first!.limits.memoryBytes ?? Infinity)
      }: it runs on the ${device.name} device, which is slower; fewer frames, a smaller shape or data_type: single would fit`,
  };
}

function elementsOf(storages: readonly StorageSpec[]): number {
  return storages.reduce((sum, { layers, rows, cols }) => sum + layers * rows * cols, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}
