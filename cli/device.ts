/** `--device` and `--threads`: where a reconstruction computes. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { ParameterError } from "../core/errors.ts";
import type { Device } from "../kernels/device.ts";
import { DeviceError } from "../kernels/errors.ts";
import type { Gpu } from "../kernels/gpu_device.ts";
import type { Precision } from "../kernels/nd_array.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import type { Scratch } from "../kernels/scratch.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";

/** What `--device` takes. */
export const DEVICE_NAMES = ["auto", "webgpu", "wasm", "reference"] as const;

/** The flags as commander gives them. */
export interface DeviceFlags {
  readonly device: (typeof DEVICE_NAMES)[number];
  readonly threads?: number;
  /** Bytes that the device's arrays may take. */
  readonly memory?: number;
}

/** Adds the options to a command. */
export function withDeviceOptions(command: Command): Command {
  const device = new Option(
    "--device <name>",
    "where to compute; auto is a graphics card if there is one and data_type is single, else wasm; webgpu is any adapter; wasm is all " +
      "cores; reference is slow",
  );
  return command
    .addOption(device.choices(DEVICE_NAMES).default("auto"))
    .option("--threads <count>", "threads of the wasm device (default: as many as the machine has)", parseThreads)
    .option(
      "--memory <size>",
      "most memory for frames, waves and arrays, such as 500MB or 8GB; frames beyond it pass through (default: what the device has)",
      parseMemory,
    );
}

/** Devices to compute on, best first; disposing of them gives the graphics card back. */
export interface OpenedDevices extends Disposable {
  readonly devices: readonly [Device, ...Device[]];
  /** What the user should know of it; null if there is nothing to say. */
  readonly notice: string | null;
}

/**
 * Makes the device that was asked for within the memory that it may take, with `scratch` for what passes through, and those that go on when it fails: wasm for webgpu, the reference for wasm. `auto` is webgpu if
 * there is a graphics card and it has the precision, else wasm: never an adapter that computes on the CPU. Threads are wasm's alone.
 *
 * @throws {DeviceError} if it is not there
 * @throws {ParameterError} if the device has no choice of threads, or not the precision
 */
export async function openDevices(
  { device, threads, memory }: DeviceFlags,
  precision: Precision,
  scratch?: () => Scratch,
): Promise<OpenedDevices> {
  if (threads !== undefined && device !== "auto" && device !== "wasm") {
    throw new ParameterError([{
      path: "--threads",
      message: `found ${threads} for --device ${device}, which has no choice of threads; expected --device wasm`,
    }]);
  }
  if (device === "reference") {
    if (memory === undefined) return onCpu([createReferenceDevice()]);
    const message = "found a limit for --device reference, which holds everything; expected --device wasm or webgpu";
    throw new ParameterError([{ path: "--memory", message }]);
  }
  const within = memory === undefined ? {} : { memoryBytes: memory };
  const wasm = createWasmDevice({
    // A run collects garbage between its engines.
    keepMemory: false,
    ...within,
    ...(threads === undefined ? {} : { threads }),
    ...(scratch === undefined ? {} : { scratch }),
  });
  const cpu = [wasm, createReferenceDevice()] as const;
  if (device === "wasm" || device === "auto" && (threads !== undefined || precision === "double")) return onCpu(cpu);
  if (precision === "double") {
    const message =
      "found double for --device webgpu, which computes in single precision; expected single or --device wasm";
    throw new ParameterError([{ path: "data_type", message }]);
  }
  // Loaded only where they are used: it takes memory until the end of the run.
  const { chooseLinuxDrivers } = await import("../kernels/webgpu/linux_drivers.ts");
  const { createGpuDevice, requestGpu, requestGraphicsCard } = await import("../kernels/gpu_device.ts");
  const onGpu = (gpu: Gpu) => opened(gpu, [createGpuDevice(gpu, within), ...cpu]);
  chooseLinuxDrivers();
  if (device === "webgpu") return onGpu(await requestGpu());
  try {
    const card = await requestGraphicsCard();
    return card === null ? onCpu(cpu) : onGpu(card);
  } catch (e) {
    if (!(e instanceof DeviceError)) throw e;
    return onCpu(cpu, `${e.message}; this run computes on wasm`);
  }
}

/** Whether there is a graphics card that `auto` would take, and what is wrong with one that cannot be taken; null if nothing is. */
export async function findGraphicsCard(): Promise<{ readonly isThere: boolean; readonly problem: string | null }> {
  const { chooseLinuxDrivers } = await import("../kernels/webgpu/linux_drivers.ts");
  const { requestGraphicsCard } = await import("../kernels/gpu_device.ts");
  chooseLinuxDrivers();
  try {
    using card = await requestGraphicsCard();
    return { isThere: card !== null, problem: null };
  } catch (e) {
    if (!(e instanceof DeviceError)) throw e;
    return { isThere: false, problem: e.message };
  }
}

function onCpu(devices: readonly [Device, ...Device[]], notice: string | null = null): OpenedDevices {
  return { devices, notice, [Symbol.dispose]: () => {} };
}

function opened(gpu: Gpu, devices: OpenedDevices["devices"]): OpenedDevices {
  const { description, software } = gpu;
  const notice = software
    ? `"${description}" is no graphics card but computes on the CPU; wasm is faster`
    : `this run computes on the graphics card "${description}"`;
  return { devices, notice, [Symbol.dispose]: () => gpu[Symbol.dispose]() };
}

function parseThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number from 1 to ${MOST_THREADS}.`);
}

function parseMemory(text: string): number {
  const [, number, unit, isBinary] = /^(\d+(?:\.\d+)?) ?([kMGT])(i?)B$/i.exec(text.trim()) ?? [];
  if (number === undefined || Number(number) === 0) {
    throw new InvalidArgumentError(`Found "${text}", expected a number and a unit, such as 500MB or 8GB.`);
  }
  return Number(number) * (isBinary ? 1024 : 1000) ** (1 + "kmgt".indexOf(unit!.toLowerCase()));
}

/** More than any machine has; each takes some memory. */
const MOST_THREADS = 256;
