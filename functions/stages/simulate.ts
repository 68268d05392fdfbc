/** The stage that writes simulated scans. */

import { z } from "zod";
import { createRandom } from "../../core/random.ts";
import { ARTIFACT_KEY, RUN_NAME } from "../inputs.ts";
import { loadParameters } from "../parameters.ts";
import { simulateScans } from "../simulate.ts";
import { defineStage } from "../stage.ts";

const INPUT = z.strictObject({ run: RUN_NAME, parameters: ARTIFACT_KEY });

const OUTPUT = z.strictObject({
  scans: z.array(z.strictObject({
    label: z.string(),
    frames: z.int(),
    shape: z.tuple([z.int(), z.int()]),
    ptyd: z.string().meta({ description: "The frames" }),
    truth: z.string().nullable().meta({ description: "Object and probe that they were made of" }),
  })),
});

/** Writes the scans of a tree as `.ptyd` files, with the truth beside them. */
export const simulate = defineStage({
  name: "simulate",
  summary: "Simulates the scans of a tree and writes frames and truth",
  input: INPUT,
  output: OUTPUT,
  async run({ parameters }, context) {
    const { parsed, name } = await loadParameters(context, parameters);
    const { path } = context.files(parsed.p.io.home);
    const { log, warn, scratch, clock } = context;
    const fileOf = (label: string) => `${name}_${label}.ptyd`;
    const random = createRandom(parsed.p.seed);
    const files = simulateScans(parsed, { random, path, log, warn, scratch, fileOf, now: clock.date() });
    return {
      scans: files.map(({ shape: [rows, cols], ...scan }) => ({ ...scan, shape: [rows, cols] as [number, number] })),
    };
  },
});
