/** The stage that draws a state. */

import { z } from "zod";
import { modelFromState, modelToPtyr } from "../../core/scan_models/model_state.ts";
import { ARTIFACT_KEY, STATE_INPUT } from "../inputs.ts";
import { runtimeOf, type SavedRun, withSavedRun } from "../saved_run.ts";
import { defineStage, outputKey, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({
  ...STATE_INPUT,
  width: z.int().min(100).max(4000).default(1200).meta({ description: "Width of the picture", unit: "px" }),
});

const OUTPUT = z.strictObject({
  picture: ARTIFACT_KEY.meta({ description: "The picture, a PNG" }),
});

/** Draws object, probe and errors of a state and publishes the picture. */
export const plot = defineStage({
  name: "plot",
  summary: "Draws object, probe and errors of a state",
  input: INPUT,
  output: OUTPUT,
  async run(input, context) {
    const { run, parameters, prepared, state, width } = input;
    const key = outputKey(run, "picture", { parameters, prepared, state: state.key, width });
    if (await context.artifacts.has(key)) return { picture: key };
    const png = await withSavedRun(context, input, { use: (saved) => draw(saved, { context, width }) });
    await context.artifacts.publish(key, (path) => Deno.writeFileSync(path, png));
    return { picture: key };
  },
});

/** The figure as a PNG. */
async function draw(
  saved: SavedRun,
  { context: { clock }, width }: { readonly context: StageContext; readonly width: number },
): Promise<Uint8Array> {
  // Loaded only where they are used: figures and fonts take memory until the end of the process.
  const { figureOfPtyr } = await import("../../core/figures/figure_of_ptyr.ts");
  const { reconstructionFigure } = await import("../../core/figures/reconstruction_figure.ts");
  const { renderPng } = await import("../../core/figures/render_png.ts");
  const runtime = runtimeOf(saved, { started: clock.date(), stopped: null, lastSave: 0 });
  const content = { ...modelToPtyr(modelFromState(saved.model, saved.state)), runtime };
  return await renderPng(reconstructionFigure(figureOfPtyr(content)), { width });
}
