/** What tests of runs share: a small run, a clock that stands still, devices that fail when they are told to. */

import { join } from "node:path";
import { parsePtycho } from "../core/ptycho_params.ts";
import type { Device, Resident } from "../kernels/device.ts";
import { DeviceError } from "../kernels/errors.ts";
import type { Clock } from "../functions/stage.ts";
import { reconstruct, type Run, type RunResult, type RunServices } from "./local_run.ts";

/** A clock that moves when it is told to. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

/** A clock that stands at 0. */
export function createTestClock(): TestClock {
  let time = 0;
  return { now: () => time, date: () => new Date(0), advance: (milliseconds) => void (time += milliseconds) };
}

/** What a device is to be, and what is to happen as it is used. */
export interface DeviceHooks {
  readonly name: string;
  readonly mayBeLost: boolean;
  /** Is told of every use before it happens, with the number of uses of that kind so far; may throw or lose the device. */
  before?(use: "load" | "flush" | "save", count: number): void;
}

/** A device that computes on another one. */
export function hookedDevice(inner: Device, { name, mayBeLost, before = () => {} }: DeviceHooks): Device {
  const counts = { load: 0, flush: 0, save: 0 };
  const use = (kind: keyof typeof counts) => before(kind, ++counts[kind]);
  return {
    name,
    mayBeLost,
    limits: inner.limits,
    async load(data, state, options) {
      use("load");
      const resident = await inner.load(data, state, options);
      // A copy keeps what the resident does; its members do not ask which object they belong to.
      return {
        ...resident,
        async flush(read) {
          use("flush");
          return await resident.flush(read);
        },
        async save(isWanted) {
          use("save");
          return await resident.save(isWanted);
        },
        async saveInto(sink, isWanted) {
          use("save");
          await resident.saveInto(sink, isWanted);
        },
      } satisfies Resident;
    },
  };
}

/** What a device says that fails in a test. */
export function lost(name: string): DeviceError {
  return new DeviceError(`Cannot go on with the ${name} device: it was lost`);
}

/** A run on 12 simulated frames of 32 x 32, without autosave; `tree` goes over the top level. Files go below `folder`. */
export function moonRun(folder: string, tree: Record<string, unknown>): Run {
  const whole = {
    run: "moon",
    seed: 7,
    io: { home: folder, autosave: false, autoplot: false, interaction: false },
    scans: {
      MF: {
        name: "Full",
        data: { name: "MoonFlowerScan", num_frames: 12, shape: 32, save: null, add_poisson_noise: true },
        illumination: { diversity: null, aperture: { form: "circ", size: 5e-6 } },
      },
    },
    ...tree,
  };
  return { parsed: parsePtycho(whole), tree: whole, name: "moon" };
}

/** What a run said and left. */
export interface Watched {
  readonly result: Promise<RunResult>;
  /** Engine and iteration after each block. */
  readonly blocks: string[];
  readonly notes: string[];
  readonly log: string[];
}

/** Starts a run and listens. */
export function watchRun(
  run: Run,
  services: Pick<RunServices, "devices"> & Partial<Pick<RunServices, "clock" | "report" | "signal" | "isFresh">>,
): Watched {
  const [blocks, notes, log]: [string[], string[], string[]] = [[], [], []];
  const { p } = run.parsed;
  const result = reconstruct(run, {
    path: (relative) => join(p.io.home, relative),
    log: (message) => void log.push(message),
    warn: (message) => void notes.push(message),
    inspect: () => {},
    debug: () => {},
    clock: createTestClock(),
    signal: new AbortController().signal,
    started: () => {},
    engineDone: () => {},
    ...services,
    report(block) {
      blocks.push(`${block.engine} ${block.iteration}`);
      services.report?.(block);
    },
  });
  return { result, blocks, notes, log };
}
