/** What a run is: its parameters, what it may use, what it has done so far. */

import type { LoaderServices } from "../core/loaders/loader.ts";
import type { PtyrIteration } from "../core/formats/ptyr.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import type { Started } from "../functions/start.ts";
import type { Device } from "../kernels/device.ts";

/** Time, passed in. */
export interface Clock {
  /** Milliseconds from an arbitrary start. */
  now(): number;
  date(): Date;
}

/** What a block of iterations reports. */
export interface BlockReport {
  readonly engine: string;
  readonly iteration: number;
  readonly numiter: number;
  readonly errors: readonly [number, number, number];
  readonly secondsPerIteration: number;
}

/** A device failed and another one went on. */
export interface DeviceChange {
  /** Names of the two devices. */
  readonly from: string;
  readonly to: string;
  readonly engine: string;
  /** Iteration of the engine after which the other device went on. */
  readonly iteration: number;
  /** Iterations that were done already and were done again. */
  readonly repeated: number;
  /** What went wrong. */
  readonly reason: string;
}

/** What a run needs beside its parameters. */
export interface RunServices extends LoaderServices {
  /** Where to compute, best first: the next is for what has no room on the one before, and goes on when that one fails. */
  readonly devices: readonly [Device, ...Device[]];
  readonly clock: Clock;
  /** Is told once, when everything is loaded: from here on the run heeds `signal`. */
  started(): void;
  /** Says how things stand, at a level for those who look inside. */
  inspect(message: string): void;
  /** Says everything else. */
  debug(message: string): void;
  /** When aborted, the run stops after the current block and saves. */
  readonly signal: AbortSignal;
  /**
   * Is told when much was left behind that nobody uses any more, and before more is taken: arrays that wait for the garbage collector
   * would be part of the peak.
   */
  tidy(): Promise<void>;
  /** Is told of every block. */
  report(block: BlockReport): void;
  /** Is told when an engine is done. */
  engineDone(engine: string): void;
}

/** A run: parsed parameters, the tree as written, and the name that goes into file names. */
export interface Run {
  readonly parsed: ParsedPtycho;
  readonly tree: Readonly<Record<string, unknown>>;
  readonly name: string;
}

/** What a run has done so far. Changes as it goes on. */
export interface History {
  readonly start: Date;
  readonly iterations: PtyrIteration[];
  localErrors: Float64Array | null;
  lastSave: number;
  readonly files: string[];
  readonly dumps: string[];
  /** The file that was written last, and how many iterations are in it. */
  lastFile: { readonly path: string; readonly iterations: number } | null;
  /** Devices that have not failed, best first. */
  devices: readonly Device[];
  readonly deviceChanges: DeviceChange[];
}

/** What every step of a run looks at. */
export interface RunContext {
  readonly run: Run;
  readonly started: Omit<Started, "state">;
  readonly history: History;
  readonly services: RunServices;
}
