/** What the memory plan of an engine comes to on a device, for the log and for dry runs. */

import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import type { Device } from "../kernels/device.ts";
import { type DataNeed, planMemory } from "../kernels/memory_plan.ts";

/** Where the frames of an engine are. Plain JSON. */
export interface Placement {
  readonly device: string;
  readonly frames: number;
  /** Frames that stay in the device's memory. */
  readonly resident: number;
  /** Frames at a time that the others pass through it. */
  readonly window: number;
  /** Bytes that the device takes. */
  readonly bytes: number;
}

/** Places an engine's frames on a device. @throws {DeviceError} if there is no room for a single frame */
export function placeFrames(engine: SupportedParams["name"], { need, device }: {
  readonly need: DataNeed;
  readonly device: Pick<Device, "name" | "limits">;
}): Placement {
  const { waves } = findEngine(engine);
  const { blocks, deviceBytes } = planMemory({ ...need, waves }, device.limits);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    device: device.name,
    frames: sum(need.blocks.map(({ frames }) => frames)),
    resident: sum(blocks.map(({ resident }) => resident)),
    window: sum(blocks.map(({ window }) => window)),
    bytes: deviceBytes,
  };
}

/** A placement in words. */
export function placementText({ device, frames, resident, window, bytes }: Placement): string {
  const megabytes = `${(bytes / 1e6).toPrecision(3)} MB`;
  return resident === frames
    ? `${device}, all ${frames} frames in its memory, ${megabytes}`
    : `${device}, ${resident} of ${frames} frames in its memory, ${megabytes}; the others pass through it, ${window} at a time`;
}
