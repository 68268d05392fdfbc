/** The stage that says how good a state is. */

import { z } from "zod";
import { placeReference } from "../../core/formats/array_file.ts";
import type { RunHistory } from "../state_pack.ts";
import { ERRORS, STATE_INPUT } from "../inputs.ts";
import { withSavedRun } from "../saved_run.ts";
import { defineStage, type StageContext } from "../stage.ts";

const INPUT = z.strictObject({
  ...STATE_INPUT,
  result: z.string().optional().meta({
    description: "The .ptyr file of the state, to be compared; relative to io.home",
  }),
  reference: z.string().optional().meta({ description: "What to compare it with: a .ptyr file, relative to io.home" }),
}).refine(({ result, reference }) => (result === undefined) === (reference === undefined), {
  path: ["reference"],
  message: "found only one of result and reference, expected both or neither",
});

const COMPARISON = z.strictObject({
  nrmse: z.number(),
  phaseRms: z.number().meta({ description: "Radians" }),
  halfBit: z.number().meta({ description: "Resolution by the half-bit line of the ring correlation, metres" }),
});

const OUTPUT = z.strictObject({
  iterations: z.int(),
  errors: ERRORS.nullable().meta({ description: "Means over frames; null before the first iteration" }),
  worst: z.array(z.strictObject({ row: z.int(), errors: ERRORS })).meta({
    description: "The frames (or pods) with the greatest photon errors, the greatest first",
  }),
  comparison: COMPARISON.nullable(),
});

/** Frames that are named as the worst. */
const MOST_WORST = 5;

/** Says the errors of a state, which frames fit worst, and how far its result is from another. */
export const evaluate = defineStage({
  name: "evaluate",
  summary: "Says the errors of a state, the frames that fit worst and the distance to a reference",
  input: INPUT,
  output: OUTPUT,
  run: (input, context) =>
    withSavedRun(context, input, {
      async use({ state, history, parameters: { parsed: { p } } }) {
        const last = history.iterations.at(-1);
        return {
          iterations: state.iterations,
          errors: last === undefined ? null : [...last.error] as [number, number, number],
          worst: worstRows(history),
          comparison: await compare(input, { home: p.io.home, context }),
        };
      },
    }),
});

function worstRows({ localErrors }: RunHistory): z.output<typeof OUTPUT>["worst"] {
  if (localErrors === null) return [];
  const rows = Array.from({ length: localErrors.length / 3 }, (_, row) => {
    const [fourier, photon, exit] = localErrors.subarray(3 * row, 3 * row + 3);
    return { row, errors: [fourier!, photon!, exit!] as [number, number, number] };
  });
  return rows.sort((a, b) => b.errors[1] - a.errors[1]).slice(0, MOST_WORST);
}

async function compare(
  { result, reference }: z.output<typeof INPUT>,
  { home, context }: { readonly home: string; readonly context: StageContext },
): Promise<z.output<typeof COMPARISON> | null> {
  if (result === undefined || reference === undefined) return null;
  // Loaded only where it is used: it takes memory until the end of the process.
  const { compareFiles } = await import("../../core/metrics/comparand.ts");
  const { path } = context.files(home);
  const files = [placeReference(reference, path), placeReference(result, path)] as const;
  const { compared: { comparison: { nrmse, phaseRms, resolution } } } = compareFiles(files, { kind: "object" });
  return { nrmse, phaseRms, halfBit: resolution.halfBit.metres };
}
