/** The stage that draws a state. */

import { z } from "zod";
import { figureOfPtyr } from "../../core/figures/figure_of_ptyr.ts";
import { reconstructionFigure } from "../../core/figures/reconstruction_figure.ts";
import { renderPng } from "../../core/figures/render_png.ts";
import { modelFromState, modelToPtyr } from "../../core/scan_models/model_state.ts";
import { ARTIFACT_KEY, STATE_INPUT } from "../inputs.ts";
import { runtimeOf, withSavedRun } from "../saved_run.ts";
import { defineStage, outputKey } from "../stage.ts";

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
    const svg = await withSavedRun(context, input, {
      use(saved) {
        const runtime = runtimeOf(saved, { started: context.clock.date(), stopped: null, lastSave: 0 });
        return reconstructionFigure(
          figureOfPtyr({ ...modelToPtyr(modelFromState(saved.model, saved.state)), runtime }),
        );
      },
    });
    const png = await renderPng(svg, { width });
    await context.artifacts.publish(key, (path) => Deno.writeFileSync(path, png));
    return { picture: key };
  },
});
