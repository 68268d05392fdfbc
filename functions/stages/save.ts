/** The stages that write `.ptyr` files: results at the end of an engine, and autosaves in the middle of one. */

import { z } from "zod";
import { exportResult } from "../export.ts";
import { STATE_INPUT } from "../inputs.ts";
import { outputFile } from "../output_files.ts";
import { runtimeOf, type SavedRun, withSavedRun } from "../saved_run.ts";
import { defineStage, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({
  ...STATE_INPUT,
  started: z.iso.datetime().meta({ description: "When the run began" }),
  lastSave: z.int().min(0).default(0).meta({ description: "Iterations of the run at its last autosave" }),
});

const OUTPUT = z.strictObject({
  file: z.string().nullable().meta({ description: "What was written; null where the parameters name no file" }),
  iterations: z.int(),
});

type Input = z.output<typeof INPUT>;

/** Writes the result of an engine to `io.rfile`. */
export const exportStage = defineStage({
  name: "export",
  summary: "Writes probe, object, positions and errors of a state to the result file",
  input: INPUT,
  output: OUTPUT,
  run: (input, context) =>
    withSavedRun(context, input, { use: (saved) => write("minimal", { input, saved, context }) }),
});

/** Writes an intermediate result, with exit waves, to `io.autosave.rfile`. */
export const autosave = defineStage({
  name: "autosave",
  summary: "Writes a state with its exit waves to the autosave file",
  input: INPUT,
  output: OUTPUT,
  run: (input, context) =>
    withSavedRun(context, input, { waves: true, use: (saved) => write("dump", { input, saved, context }) }),
});

function write(
  kind: "minimal" | "dump",
  { input, saved, context }: { readonly input: Input; readonly saved: SavedRun; readonly context: StageContext },
): z.output<typeof OUTPUT> {
  const { model, state, waves, history, parameters: { name, tree, parsed: { p } } } = saved;
  const last = history.iterations.at(-1);
  const file = outputFile(p, {
    kind: kind === "dump" ? "autosave.rfile" : "rfile",
    name,
    path: context.files(p.io.home).path,
    values: { engine: last?.engine ?? "None", iteration: last?.iteration ?? 0, iterations: state.iterations },
  });
  const { iterations } = state;
  if (file === null) return { file, iterations };
  const now = context.clock.date();
  const times = { started: new Date(input.started), stopped: kind === "dump" ? null : now };
  const lastSave = kind === "dump" ? iterations : input.lastSave;
  exportResult(file, { kind, model, state, waves, p, tree, runtime: runtimeOf(saved, { ...times, lastSave }), now });
  context.log(`wrote ${file}`);
  return { file, iterations };
}
