/** The stages that write `.ptyr` files: results at the end of an engine, and autosaves in the middle of one. */

import { z } from "zod";
import { RESULT_FORMATS, type ResultFormat } from "../../core/formats/result_files.ts";
import { exportedFiles, type ExportInput, exportResult } from "../export.ts";
import { ARTIFACT_KEY, STATE_INPUT } from "../inputs.ts";
import { checkOutputs, outputFile } from "../output_files.ts";
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
  to: z.enum(RESULT_FORMATS).default("ptyr").meta({
    description:
      "Format: PtyPy's, CXI, NXcxi_ptycho, pictures of amplitude and phase, or NumPy arrays; other formats than ptyr lie beside the result file, under its name with another ending",
  }),
});

const OUTPUT = z.strictObject({
  file: z.string().nullable().meta({ description: "What was written; null where the parameters name no file" }),
  iterations: z.int(),
});

const EXPORT_OUTPUT = OUTPUT.extend({
  artifact: ARTIFACT_KEY.nullable().meta({ description: "The same as an artifact, if it was to be kept" }),
  files: z.array(z.string()).meta({ description: "All files that were written, the first of which is `file`" }),
  kept: z.array(z.strictObject({ name: z.string(), artifact: ARTIFACT_KEY })).meta({
    description: "All files as artifacts, if they were to be kept, the first of which is `artifact`",
  }),
});

type Input = z.output<typeof INPUT>;

/** Writes the result of an engine to `io.rfile`. */
export const exportStage = defineStage({
  name: "export",
  summary: "Writes probe, object, positions and errors of a state to the result file",
  input: EXPORT_INPUT,
  output: EXPORT_OUTPUT,
  run: (input, context) =>
    withSavedRun(context, input, {
      async use(saved) {
        const content = contentOf("minimal", { input, saved, context });
        const parts = partsOf(content, { saved, to: input.to });
        for (const { path, write } of parts) if (path !== null) write(path);
        const files = parts.flatMap(({ path }) => path ?? []);
        for (const file of files) context.log(`wrote ${file}`);
        const kept = input.keep ? await publishParts(parts, { input, context }) : [];
        const { iterations } = content.input.state;
        return { file: files[0] ?? null, iterations, artifact: kept[0]?.artifact ?? null, files, kept };
      },
    }),
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

/** A file of a result. */
interface Part {
  readonly name: string;
  /** Null where the parameters name no file. */
  readonly path: string | null;
  write(path: string): void;
}

function partsOf(
  { file, input, context }: Content,
  { saved: { parameters: { parsed: { p } } }, to }: { readonly saved: SavedRun; readonly to: ResultFormat },
): Part[] {
  if (to === "ptyr") return [{ name: "result.ptyr", path: file, write: (path) => exportResult(path, input) }];
  const { path } = context.files(p.io.home);
  const base = (file ?? "result").replace(/\.ptyr$/i, "");
  // Each name is a path of its own: a link may be there.
  const files = exportedFiles(input, { to, base }).map((part) => ({
    ...part,
    path: file === null ? null : path(part.path),
    name: `result${part.path.slice(base.length)}`,
  }));
  checkOutputs(p, { path, parameter: "io.rfile", files: files.flatMap((part) => part.path ?? []) });
  return files;
}

/** Publishes the files that were written, or the content that has none. */
async function publishParts(
  parts: readonly Part[],
  { input: { run, parameters, prepared, state, to }, context: { artifacts } }: {
    readonly input: z.output<typeof EXPORT_INPUT>;
    readonly context: StageContext;
  },
): Promise<z.output<typeof EXPORT_OUTPUT>["kept"]> {
  const kept: z.output<typeof EXPORT_OUTPUT>["kept"] = [];
  for (const { name, path: file, write } of parts) {
    const what = to === "ptyr" ? {} : { to, name };
    const artifact = outputKey(run, "result", { parameters, prepared, state: state.key, ...what });
    // A copy: who has the file may change it.
    await artifacts.publish(artifact, (path) => file === null ? write(path) : Deno.copyFileSync(file, path));
    kept.push({ name, artifact });
  }
  return kept;
}
