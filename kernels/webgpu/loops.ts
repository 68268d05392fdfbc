/** Loops that the GPU leaves by itself: dispatches of a round take their workgroup counts from a buffer that a kernel fills. */

import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import loopCountsText from "./loop_counts.wgsl" with { type: "text" };
import type { Programs } from "./pipelines.ts";
import type { Condition, Recorder } from "./recorder.ts";

/** Conditions by the flag that ends the loop. */
export interface Loops {
  /** The condition of a loop that ends when `until` is not 0, within another one or none. Records nothing. */
  condition(until: GpuArray, outer: LoopCondition | null): LoopCondition;
  /** Records the decision whether the next round runs. */
  decide(condition: LoopCondition): void;
}

/** A condition that `decide` updates. */
export interface LoopCondition extends Condition {
  readonly until: GpuArray;
  readonly outer: LoopCondition | null;
  readonly wanted: GpuArray;
}

/** Different workgroup counts that a loop can have. */
const MOST_COUNTS = 1024;

/** No loops yet. */
export function createLoops(
  { programs, arrays, recorder }: {
    readonly programs: Programs;
    readonly arrays: GpuArrays;
    readonly recorder: Recorder;
  },
): Loops {
  const known = new Map<string, LoopCondition>();
  let always: GpuArray | null = null;

  function record({ args, wanted, until, outer }: LoopCondition, entry: 0 | 1): void {
    if (always === null) {
      always = arrays.create("always", 16);
      arrays.upload(always, Uint32Array.of(0, 0, 0, 1));
    }
    const program = programs.text(loopCountsText, [
      { entry: "loop_counts", over: "once" },
      { entry: "more_loop_counts", over: "once" },
    ]);
    const bound = [args, wanted, until, outer?.args ?? always].map((array) => ({ array, bytes: array.bytes }));
    const group = recorder.bind(program, bound, null);
    recorder.dispatch({ pipeline: program.stages[entry]!.pipeline, group, slot: null, groups: 1 }, null);
  }

  function create(until: GpuArray, outer: LoopCondition | null): LoopCondition {
    const args = arrays.create("loop counts", 16 * MOST_COUNTS, GPUBufferUsage.INDIRECT);
    const wanted = arrays.create("wanted loop counts", 16 * MOST_COUNTS);
    const rows = new Map<string, number>([["", 0]]);
    arrays.upload(wanted, Uint32Array.of(0, 0, 0, 1));
    const condition: LoopCondition = {
      args,
      wanted,
      until,
      outer,
      offsetOf(x, y) {
        const key = `${x},${y}`;
        let row = rows.get(key);
        if (row === undefined) {
          row = rows.size;
          if (row >= MOST_COUNTS) {
            throw new RangeError(
              `Cannot record a loop: found more than ${MOST_COUNTS} workgroup counts, expected fewer`,
            );
          }
          rows.set(key, row);
          arrays.upload(wanted, Uint32Array.of(x, y, 1, 0), 16 * row);
          // The round may have been decided in work that is on its way.
          record(condition, 1);
        }
        return 16 * row;
      },
    };
    return condition;
  }

  return {
    condition(until, outer) {
      const key = `${until.id}/${outer?.args.id ?? ""}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const made = create(until, outer);
      known.set(key, made);
      return made;
    },
    decide: (condition) => record(condition, 0),
  };
}
