/** The devices of a process, the best first: one that fails is given up for the next. */

import type { Device } from "../kernels/device.ts";
import type { DevicePool } from "./stage.ts";

/** A pool. @throws {RangeError} if it is empty */
export function createDevicePool(devices: readonly Device[]): DevicePool {
  if (devices.length === 0) throw new RangeError("Cannot compute: found no device, expected at least one");
  const left = [...devices];
  return {
    get best() {
      return left[0]!;
    },
    giveUp(device) {
      if (left.length === 1) return false;
      const index = left.indexOf(device);
      // Another call may have given it up before.
      if (index >= 0) left.splice(index, 1);
      return true;
    },
  };
}
