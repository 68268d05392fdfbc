/** What a stage is: a function of small JSON that takes and leaves arrays in the artifact store, and holds nothing between calls. */

import { createHash } from "node:crypto";
import type { z } from "zod";
import { canonicalJson, type Json } from "../core/json.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import type { Device } from "../kernels/device.ts";
import type { ArtifactStore } from "./artifacts.ts";
import type { RunLimits } from "./run_limits.ts";
import type { WarmRuns } from "./warm_runs.ts";

/** What a stage may use. */
export interface StageContext {
  readonly artifacts: ArtifactStore;
  /** What this process still knows of runs: a cache that may be emptied at any time. */
  readonly warm: WarmRuns;
  readonly devices: DevicePool;
  /** Finds files of a parameter tree whose `io.home` is `home`. @throws {DataError} for what lies outside the data root */
  readonly files: (home: string) => Pick<LoaderServices, "path">;
  readonly scratch?: LoaderServices["scratch"];
  /** Loaders of the user's own that may run here; absent at a server. */
  readonly modules?: LoaderServices["modules"];
  /** How large a run may be; of any size if left out. */
  readonly limits?: RunLimits;
  readonly clock: Clock;
  /**
   * Is told when much was left behind that nobody uses any more, and before more is taken: arrays that wait for the garbage collector would
   * be part of the peak.
   */
  readonly tidy?: (() => Promise<void>) | undefined;
  log(message: string): void;
  warn(message: string): void;
  /** True while the process is about to end: what it knows and nobody else does is published now. */
  readonly isEnding?: () => boolean;
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
}

/** The devices of a process. */
export interface DevicePool {
  /** The one to compute on. */
  readonly best: Device;
  /** Gives a device up that failed. False if it was the last, which stays. */
  giveUp(device: Device): boolean;
}

/** Time, passed in. */
export interface Clock {
  /** Milliseconds from an arbitrary start. */
  now(): number;
  date(): Date;
}

/** A stage: `POST /v1/stages/<name>`. */
export interface Stage<N extends string = string, I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly name: N;
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  run(input: z.output<I>, context: StageContext): Promise<z.output<O>>;
}

/** Declares a stage. */
export function defineStage<const N extends string, I extends z.ZodType, O extends z.ZodType>(
  stage: Stage<N, I, O>,
): Stage<N, I, O> {
  return stage;
}

/** Changes whenever a stage gives other bytes for the same input, so that nothing old is taken for new. */
const CODE_VERSION = 1;

/** The key of what a stage makes of an input in a run: equal inputs have equal keys, everywhere. */
export function outputKey(run: string, stage: string, input: Json): string {
  return `${runPrefix(run)}${stage}-${hashOf({ code: CODE_VERSION, stage, input }).slice(0, KEY_DIGITS)}`;
}

const KEY_DIGITS = 32;

/** What the keys of all artifacts of a run begin with. */
export function runPrefix(run: string): string {
  return `runs/${run}/`;
}

/** SHA-256 of a value, in hexadecimal; the order of an object's members does not matter. */
export function hashOf(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
