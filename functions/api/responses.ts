/** What routes say of their responses. */

import { z } from "@hono/zod-openapi";

/** The body of every error. */
export const ERROR = z.object({
  error: z.object({
    tag: z.string().meta({ description: "What went wrong, for programs" }),
    message: z.string().meta({ description: "What went wrong, where, what was found, what was expected" }),
    fields: z.record(z.string(), z.unknown()).meta({ description: "Facts for programs, such as the list of mistakes" }),
    retry: z.boolean().meta({ description: "Whether the same call may succeed later" }),
  }),
}).openapi("Error");

const TEXTS = {
  400: "The request cannot be read",
  404: "There is no such thing",
  409: "Something else is there, or is not in the state it should be in",
  413: "More bytes than may be sent",
  416: "The file has no such bytes",
  422: "The input, the parameters or the data are not usable",
  429: "Too many runs of the caller wait or are at work; may be tried again after a while",
  501: "Something that is not built",
  503: "It could not be done just now; may be tried again",
} as const;

interface ErrorDescription {
  readonly description: string;
  readonly content: { readonly "application/json": { readonly schema: typeof ERROR } };
}

/** Describes errors by their statuses. */
export function errorResponses<const S extends keyof typeof TEXTS>(
  ...statuses: readonly S[]
): { readonly [K in S]: ErrorDescription } {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: TEXTS[status], content: { "application/json": { schema: ERROR } } },
    ]),
  ) as unknown as { readonly [K in S]: ErrorDescription };
}

/** A JSON response. */
export function jsonResponse<T extends z.ZodType>(
  description: string,
  schema: T,
): { readonly description: string; readonly content: { readonly "application/json": { readonly schema: T } } } {
  return { description, content: { "application/json": { schema } } };
}
