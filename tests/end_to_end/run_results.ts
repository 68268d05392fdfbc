/** What two runs are compared by: every number that they left, without times. */

import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { filesBelow } from "./command_line.ts";

/** The arrays and errors of the result files in a folder, by their names; what a killed process was writing is hidden. */
export function resultsIn(folder: string): Record<string, unknown> {
  const names = filesBelow(folder).filter((name) => name.endsWith(".ptyr"));
  return Object.fromEntries(names.map((name) => [name, numbersOf(join(folder, name))]));
}

function numbersOf(file: string): Record<string, unknown> {
  const { probe, obj, positions, exit, runtime } = readPtyr(file);
  const errors = runtime.iter_info.map(({ engine, iteration, iterations, error }) => ({
    engine,
    iteration,
    iterations,
    error,
  }));
  return { probe, obj, positions, exit, errors, local: runtime.error_local };
}
