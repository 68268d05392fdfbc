/** A run with the addresses of what belongs to it. */

import { z } from "@hono/zod-openapi";
import { RUN_RECORD, type RunRecord } from "./run_service.ts";

const LINKS = z.strictObject({
  self: z.string(),
  events: z.string().meta({ description: "How it goes on, as server-sent events" }),
  preview: z.string().meta({ description: "The latest picture" }),
  result: z.string().meta({ description: "What the last engine left" }),
  log: z.string(),
  cancel: z.string(),
  resume: z.string(),
});

const FILE = z.strictObject({ name: z.string(), href: z.string() });

/** A run as responses have it. */
export const RUN = RUN_RECORD.extend({
  files: z.array(FILE).meta({ description: "What the run left so far" }),
  links: LINKS.meta({ description: "Where more is" }),
}).openapi("Run");

/** A run as responses have it. */
export type LinkedRun = z.output<typeof RUN>;

/** Adds the links. */
export function withLinks({ files, ...run }: RunRecord): LinkedRun {
  const self = `/v1/runs/${run.id}`;
  return {
    ...run,
    files: files.map((name) => ({ name, href: `${self}/files/${encodeURIComponent(name)}` })),
    links: {
      self,
      events: `${self}/events`,
      preview: `${self}/preview.png`,
      result: `${self}/result`,
      log: `${self}/log`,
      cancel: `${self}/cancel`,
      resume: `${self}/resume`,
    },
  };
}
