/** The seeded generator through which every random draw goes. */

import type { RandomState } from "../kernels/reconstruction.ts";

/** A stream of random numbers; `state()` is enough to continue it elsewhere. */
export interface Random {
  /** Uniform in [low, high), 53 bits. */
  uniform(low?: number, high?: number): number;
  /** Normal with the given mean and standard deviation. */
  normal(mean?: number, std?: number): number;
  /** Poisson with the given mean. */
  poisson(mean: number): number;
  /** A random order of 0 .. count - 1. */
  permutation(count: number): Int32Array;
  state(): RandomState;
}
