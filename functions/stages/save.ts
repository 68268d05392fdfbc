/** The stages that write `.ptyr` files: results at the end of an engine, and autosaves in the middle of one. */

import { z } from "zod";
import { type ExportInput, exportResult } from "../export.ts";
import { ARTIFACT_KEY, STATE_INPUT } from "../inputs.ts";
import { outputFile } from "../output_files.ts";
import { runtimeOf, type SavedRun, withSavedRun } from "../saved_run.ts";
import { defineStage, outputKey, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({
  ...STATE_INPUT,
  started: z.iso.datetime().meta({ description: "When the run began" }),
  lastSave: z.int().min(0).default(0).meta({ description: "Iterations of the run at its last autosave" }),
});

const EXPORT_INPUT = INPUT.extend({
  keep: z.boolean().default(false).meta({
    description: "Whether the result is published too, for those who cannot read files of this machine",
  }),
});

const OUTPUT = z.strictObject({
  file: z.string().nullable().meta({ description: "What was written; null where the parameters name no file" }),
  iterations: z.int(),
});

const EXPORT_OUTPUT = OUTPUT.extend({
  artifact: ARTIFACT_KEY.nullable().meta({ description: "The same as an artifact, if it was to be kept" }),
});

type Input = z.output<typeof INPUT>;

/** Writes the result of an engine to `io.rfile`. */
export const exportStage = defineStage({
  name: "export",
  summary: "Writes probe, object, positions and errors of a state to the result file",
  input: EXPORT_INPUT,
  output: EXPORT_OUTPUT,
  async run(input, context) {
    const { run, parameters, prepared, state } = input;
    const artifact = input.keep ? outputKey(run, "result", { parameters, prepared, state: state.key }) : null;
    return await withSavedRun(context, input, {
      async use(saved) {
        const content = contentOf("minimal", { input, saved, context });
        const written = write(content);
        if (artifact !== null) await publish(artifact, { content, written });
        return { ...written, artifact };
      },
    });
  },
});

/** Writes an intermediate result, with exit waves, to `io.autosave.rfile`. */
export const autosave = defineStage({
  name: "autosave",
  summary: "Writes a state with its exit waves to the autosave file",
  input: INPUT,
  output: OUTPUT,
  run: (input, context) =>
    withSavedRun(context, input, { waves: true, use: (saved) => write(contentOf("dump", { input, saved, context })) }),
});

interface Content {
  readonly file: string | null;
  readonly input: ExportInput;
  readonly context: StageContext;
}

function contentOf(
  kind: "minimal" | "dump",
  { input, saved, context }: { readonly input: Input; readonly saved: SavedRun; readonly context: StageContext },
): Content {
  const { model, state, waves, history, parameters: { name, tree, parsed: { p } } } = saved;
  const last = history.iterations.at(-1);
  const file = outputFile(p, {
    kind: kind === "dump" ? "autosave.rfile" : "rfile",
    name,
    path: context.files(p.io.home).path,
    values: { engine: last?.engine ?? "None", iteration: last?.iteration ?? 0, iterations: state.iterations },
  });
  const now = context.clock.date();
  const times = { started: new Date(input.started), stopped: kind === "dump" ? null : now };
  const lastSave = kind === "dump" ? state.iterations : input.lastSave;
  const runtime = runtimeOf(saved, { ...times, lastSave });
  return { file, input: { kind, model, state, waves, p, tree, runtime, now }, context };
}

function write({ file, input, context }: Content): z.output<typeof OUTPUT> {
  const { iterations } = input.state;
  if (file === null) return { file, iterations };
  exportResult(file, input);
  context.log(`wrote ${file}`);
  return { file, iterations };
}

/** Publishes the file that was written, or the content that has none. */
async function publish(
  key: string,
  { content: { input, context }, written: { file } }: {
    readonly content: Content;
    readonly written: z.output<typeof OUTPUT>;
  },
): Promise<void> {
  const { artifacts } = context;
  // A copy: who has the file may change it.
  await artifacts.publish(key, (path) => file === null ? exportResult(path, input) : Deno.copyFileSync(file, path));
}
