/** `--device` and `--threads`: where a reconstruction computes. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { Device } from "../kernels/device.ts";
import { DeviceError } from "../kernels/errors.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";

/** What `--device` takes. */
export const DEVICE_NAMES = ["auto", "webgpu", "wasm", "reference"] as const;

/** The flags as commander gives them. */
export interface DeviceFlags {
  readonly device: (typeof DEVICE_NAMES)[number];
  readonly threads?: number;
}

/** Adds the options to a command. */
export function withDeviceOptions(command: Command): Command {
  const device = new Option(
    "--device <name>",
    "where to compute; auto takes a graphics card if there is one, else wasm",
  );
  return command
    .addOption(device.choices(DEVICE_NAMES).default("auto"))
    .option("--threads <count>", "threads of the wasm device (default: as many as the machine has)", parseThreads);
}

/** Makes the device that was asked for. @throws {DeviceError} if it is not there */
export function openDevice({ device, threads }: DeviceFlags): Promise<Device> {
  if (device === "reference") return Promise.resolve(createReferenceDevice());
  if (device === "webgpu") {
    const message = "Cannot use --device webgpu: found a build without it, expected one with it; use --device wasm";
    return Promise.reject(new DeviceError(message, { device }));
  }
  return Promise.resolve(createWasmDevice(threads === undefined ? {} : { threads }));
}

function parseThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number from 1 to ${MOST_THREADS}.`);
}

/** More than any machine has; each takes some memory. */
const MOST_THREADS = 256;
