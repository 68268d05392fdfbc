/** `--device` and `--threads`: where a reconstruction computes. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { ParameterError } from "../core/errors.ts";
import type { Device } from "../kernels/device.ts";
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
    "where to compute; auto is wasm, all cores; webgpu is a graphics card, single precision; reference is slow",
  );
  return command
    .addOption(device.choices(DEVICE_NAMES).default("auto"))
    .option("--threads <count>", "threads of the wasm device (default: as many as the machine has)", parseThreads);
}

/** A device to compute on; disposing of it gives the graphics card back. */
export interface OpenedDevice extends Disposable {
  readonly device: Device;
  /** What the user should know of it; null if there is nothing to say. */
  readonly notice: string | null;
}

/**
 * Makes the device that was asked for. `auto` is wasm: the webgpu device agrees with the reference on software adapters, but nobody
 * has measured it on a graphics card yet.
 *
 * @throws {DeviceError} if it is not there
 * @throws {ParameterError} if threads are given for a device that has no choice of them
 */
export async function openDevice({ device, threads }: DeviceFlags): Promise<OpenedDevice> {
  if (threads !== undefined && device !== "auto" && device !== "wasm") {
    throw new ParameterError([{
      path: "--threads",
      message: `found ${threads} for --device ${device}, which has no choice of threads; expected --device wasm`,
    }]);
  }
  if (device === "reference") return opened(createReferenceDevice());
  // A run collects garbage between its engines.
  if (device !== "webgpu") {
    return opened(createWasmDevice({ keepMemory: false, ...(threads === undefined ? {} : { threads }) }));
  }
  // Loaded only where they are used: it takes memory until the end of the run.
  const { chooseLinuxDrivers } = await import("../kernels/webgpu/linux_drivers.ts");
  const { createGpuDevice, requestGpu } = await import("../kernels/gpu_device.ts");
  chooseLinuxDrivers();
  const gpu = await requestGpu();
  const notice = gpu.software
    ? `"${gpu.description}" is no graphics card but computes on the CPU; wasm is faster`
    : null;
  return { device: createGpuDevice(gpu), notice, [Symbol.dispose]: () => gpu[Symbol.dispose]() };
}

function opened(device: Device): OpenedDevice {
  return { device, notice: null, [Symbol.dispose]: () => {} };
}

function parseThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number from 1 to ${MOST_THREADS}.`);
}

/** More than any machine has; each takes some memory. */
const MOST_THREADS = 256;
