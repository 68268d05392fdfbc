/** What inputs and outputs of several stages have in common. */

import { z } from "zod";

/** Name of a run in keys: letters, digits, `_`, `-` and dots that do not begin it. */
export const RUN_NAME = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/).meta({
  description: "Name of the run that the artifacts belong to",
});

/** Key of an artifact. */
export const ARTIFACT_KEY = z.string().max(200).regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/).refine(
  (key) => key.split("/").every((part) => part !== "." && part !== ".."),
).meta({ description: "Key of an artifact" });

const BLOCKS = z.array(z.int().min(1)).max(100_000);

/** A state by lineage: what it is called, and how to compute it again from one that is published. */
export const STATE_REFERENCE = z.strictObject({
  key: ARTIFACT_KEY.meta({ description: "What the state is called; its artifact may or may not have been published" }),
  base: ARTIFACT_KEY.meta({ description: "A published state of the run: this one, or the last before it" }),
  blocks: BLOCKS.meta({
    description: "Blocks of iterations of the current engine that lead from the base to the state",
  }),
  earlier: z.strictObject({
    base: ARTIFACT_KEY,
    engine: z.string(),
    blocks: BLOCKS,
    isEnd: z.boolean(),
    temporary: z.boolean(),
  }).nullable().meta({
    description:
      "How the base itself can be made again, should its artifact be damaged: from which published state, by which blocks of " +
      "which engine, whether these are its last, and whether that state lies in the middle of an engine, so that it is removed " +
      "when the next one is published; null where the base is the start of the run",
  }),
});

/** A state by lineage. */
export type StateReference = z.output<typeof STATE_REFERENCE>;

/** Mean fourier, photon and exit error. */
export const ERRORS = z.tuple([z.number(), z.number(), z.number()]).meta({
  description: "Mean fourierError, photonError and exitError",
});

/** Members of the input of stages that look at a state. */
export const STATE_INPUT = {
  run: RUN_NAME,
  parameters: ARTIFACT_KEY,
  prepared: ARTIFACT_KEY,
  state: STATE_REFERENCE,
  engine: z.string().optional().meta({ description: "Label of the engine in the middle of which the state is" }),
} as const;
