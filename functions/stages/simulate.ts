/** The stage that writes simulated scans. */

import { join } from "node:path";
import { z } from "zod";
import { createRandom } from "../../core/random.ts";
import { ARTIFACT_KEY, RUN_NAME } from "../inputs.ts";
import { loadParameters } from "../parameters.ts";
import { admitScans, checkDeclaredSize, NO_LIMITS } from "../run_limits.ts";
import { simulateScans } from "../simulate.ts";
import { defineStage, outputKey, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({
  run: RUN_NAME,
  parameters: ARTIFACT_KEY,
  folder: z.string().max(1000).default("").meta({
    description: "Where in io.home the scans go that name no file",
  }),
  keep: z.boolean().default(false).meta({
    description: "Whether the files are published too, for those who cannot read files of this machine",
  }),
});

const OUTPUT = z.strictObject({
  scans: z.array(z.strictObject({
    label: z.string(),
    frames: z.int(),
    shape: z.tuple([z.int(), z.int()]),
    ptyd: z.string().meta({ description: "The frames" }),
    truth: z.string().nullable().meta({ description: "Object and probe that they were made of" }),
    figure: z.string().nullable().meta({ description: "A figure of them, if one was asked for" }),
    kept: z.array(z.strictObject({ name: z.string(), artifact: ARTIFACT_KEY })).meta({
      description: "The files as artifacts, if they were to be kept",
    }),
  })),
});

/** Writes the scans of a tree as `.ptyd` files, with the truth beside them. */
export const simulate = defineStage({
  name: "simulate",
  summary: "Simulates the scans of a tree and writes frames and truth",
  input: INPUT,
  output: OUTPUT,
  async run({ run, parameters, folder, keep }, context) {
    const { parsed, name } = await loadParameters(context, parameters);
    const { path } = context.files(parsed.p.io.home);
    const { log, warn, scratch, clock, limits = NO_LIMITS } = context;
    checkDeclaredSize(parsed.p, limits);
    const admit = admitScans(parsed.p, limits);
    const fileOf = (label: string) => join(folder, `${name}_${label}.ptyd`);
    const random = createRandom(parsed.p.seed);
    const files = await simulateScans(parsed, { random, path, log, warn, scratch, fileOf, admit, now: clock.date() });
    const scans: Simulated[] = [];
    for (const { shape: [rows, cols], ...scan } of files) {
      const kept = keep ? await publish(scan, { run, parameters, context }) : [];
      scans.push({ ...scan, shape: [rows, cols], kept });
    }
    return { scans };
  },
});

type Simulated = z.output<typeof OUTPUT>["scans"][number];

async function publish(
  { label, ptyd, truth }: Pick<Simulated, "label" | "ptyd" | "truth">,
  { run, parameters, context: { artifacts } }: {
    readonly run: string;
    readonly parameters: string;
    readonly context: StageContext;
  },
): Promise<Simulated["kept"]> {
  const files = [{ name: `${label}.ptyd`, file: ptyd }];
  if (truth !== null) files.push({ name: `${label}_truth.ptyr`, file: truth });
  const kept: Simulated["kept"] = [];
  for (const { name, file } of files) {
    const artifact = outputKey(run, "simulated", { parameters, name });
    // A copy: who has the file may change it.
    await artifacts.publish(artifact, (path) => Deno.copyFileSync(file, path));
    kept.push({ name, artifact });
  }
  return kept;
}
