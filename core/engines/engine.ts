/** The contract of an engine: one file with its name, its citation and one iteration. */

import type { Resident } from "../../kernels/device.ts";
import type { Buffer } from "../../kernels/pass.ts";
import type { Random } from "../random.ts";
import type { Statistics } from "./statistics.ts";

/** What an engine works with. It records work on `resident` and never waits, reads an array or asks which device it has. */
export interface EngineContext {
  readonly resident: Resident;
  /** (row, 3): fourierError, photonError, exitError of every frame, or of every pod if the engine says so. */
  readonly errors: Buffer<"wide">;
  readonly statistics: Statistics;
  readonly random: Random;
}

/** Records one iteration; `iteration` counts from 0 within the engine. */
export type Iterate = (iteration: number) => void;

/** An engine for parameters `P`. */
export interface Engine<P extends { readonly name: string }> {
  /** The value of `name` in the parameters. */
  readonly name: P["name"];
  /** Where the method was published. */
  readonly citation: string;
  /** What a row of errors belongs to. */
  readonly errorsPer: "frame" | "pod";
  /** Complex numbers that it keeps for every measured value and mode. */
  readonly waves: number;
  /** Whether it begins with the exit waves that the engine before it left. */
  readonly usesExitWaves: boolean;
  /** Allocates what the engine owns, continuing arrays that the loaded state has, and returns its iteration. */
  start(context: EngineContext, p: P): Iterate;
}

/** Declares an engine. */
export function defineEngine<P extends { readonly name: string }>(engine: Engine<P>): Engine<P> {
  return engine;
}
