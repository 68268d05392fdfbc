/** The stage that makes the initial probe and object. */

import { z } from "zod";
import { describeScans, describeStorages } from "../describe.ts";
import { ARTIFACT_KEY, RUN_NAME, STATE_REFERENCE } from "../inputs.ts";
import { keepModel, takeStart } from "../open_model.ts";
import { defineStage, outputKey } from "../stage.ts";
import { publishState } from "../state_pack.ts";

const INPUT = z.strictObject({ run: RUN_NAME, parameters: ARTIFACT_KEY, prepared: ARTIFACT_KEY });

const OUTPUT = z.strictObject({
  state: STATE_REFERENCE,
  scans: z.array(z.string()).meta({ description: "A sentence for each scan" }),
  storages: z.array(z.string()).meta({ description: "A sentence for each storage of probe and object" }),
});

/** Makes the model of a run and publishes the state that its first engine begins with. */
export const start = defineStage({
  name: "start",
  summary: "Makes the initial probe and object of prepared scans",
  input: INPUT,
  output: OUTPUT,
  async run({ run, parameters, prepared }, context) {
    const key = outputKey(run, "state", { parameters, prepared });
    const { open, state } = await takeStart(context, { parameters, prepared });
    try {
      await publishState(context.artifacts, key, { state, history: { iterations: [], localErrors: null } });
    } catch (e) {
      open[Symbol.dispose]();
      throw e;
    }
    keepModel(context, { parameters, prepared }, open);
    return {
      state: { key, base: key, blocks: [], earlier: null },
      scans: describeScans(open),
      storages: describeStorages(open),
    };
  },
});
