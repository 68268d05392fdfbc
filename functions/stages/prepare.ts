/** The stage that loads and prepares the scans of a run. */

import { z } from "zod";
import { createRandom } from "../../core/random.ts";
import { withArtifactFiles } from "../artifact_files.ts";
import { ARTIFACT_KEY, RUN_NAME } from "../inputs.ts";
import { loadScans } from "../load.ts";
import { loadParameters, missing, type RunParameters } from "../parameters.ts";
import { openPreparedFile, readPrepared, writePrepared } from "../prepared_pack.ts";
import { admitScans, checkDeclaredSize, NO_LIMITS } from "../run_limits.ts";
import { defineStage, outputKey, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({ run: RUN_NAME, parameters: ARTIFACT_KEY });

const OUTPUT = z.strictObject({
  prepared: ARTIFACT_KEY,
  scans: z.array(z.strictObject({
    label: z.string(),
    frames: z.int(),
    shape: z.tuple([z.int(), z.int()]).meta({ description: "Pixels (y, x) of a prepared frame" }),
    energy: z.number().meta({ description: "keV" }),
    distance: z.number().meta({ description: "Metres" }),
    psize: z.tuple([z.number(), z.number()]).meta({ description: "Detector pixel (y, x) in metres" }),
  })),
});

/** Loads, simulates or reads what `scans.*.data` says and publishes the prepared frames. */
export const prepare = defineStage({
  name: "prepare",
  summary: "Loads or simulates the frames of all scans and prepares them",
  input: INPUT,
  output: OUTPUT,
  async run({ run, parameters }, context) {
    const { tree, parsed } = await loadParameters(context, parameters);
    const key = outputKey(run, "prepared", { parameters });
    if (!await context.artifacts.has(key)) {
      await publishScans(context, { key, tree, parsed });
      await context.tidy?.();
    }
    return { prepared: key, scans: await describe(context, key) };
  },
});

async function publishScans(
  context: StageContext,
  { key, tree, parsed }: Pick<RunParameters, "tree" | "parsed"> & { readonly key: string },
): Promise<void> {
  const { artifacts, log, warn, scratch, modules, clock, limits = NO_LIMITS } = context;
  // What a loader simulates it may make when it is opened.
  checkDeclaredSize(parsed.p, limits);
  const admit = admitScans(parsed.p, limits);
  const random = createRandom(parsed.p.seed);
  await withArtifactFiles(context, tree, async (files) => {
    const { path } = files(parsed.p.io.home);
    const scans = loadScans(parsed, { random, path, log, warn, scratch, modules, now: clock.date(), admit });
    await artifacts.publish(key, (file) => writePrepared(file, { scans, random: random.state() }));
  });
}

async function describe({ artifacts }: StageContext, key: string): Promise<z.output<typeof OUTPUT>["scans"]> {
  using file = await artifacts.fetch(key);
  if (file === null) throw missing(key);
  using pack = openPreparedFile(file.path);
  return [...readPrepared(pack).scans].map(([label, { numFrames, meta: { shape, energy, distance, psize } }]) => {
    return { label, frames: numFrames, shape: [shape[0], shape[1]], energy, distance, psize: [psize[0], psize[1]] };
  });
}
