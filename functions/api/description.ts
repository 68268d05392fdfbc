/** The description of the API: what the application knows of its routes, with what the guard in front of all of them answers. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { VERSION } from "../../core/version.ts";
import { ERROR } from "./responses.ts";

/** What may be answered whatever is asked for, by status, and whether only where a body may come. */
const ANYWHERE = {
  400: { description: "The request cannot be read", hasBody: true },
  401: { description: "There is no token, or none that is valid", hasBody: false },
  403: {
    description: "The token's role is too low, or the request comes from a page of another origin",
    hasBody: false,
  },
  404: { description: "There is no such thing", hasBody: false },
  408: { description: "The body took too long", hasBody: true },
  413: { description: "More bytes than may be sent", hasBody: true },
  415: { description: "The body is of another type", hasBody: true },
  421: { description: "The request names another host", hasBody: false },
  431: { description: "Address and headers are too long", hasBody: false },
  503: { description: "It could not be done just now; may be tried again", hasBody: false },
} as const;

type Document = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

interface Operation {
  readonly responses: Record<string, unknown>;
}

/** Serves the description at `/v1/openapi.json`. */
export function mountDescription(app: OpenAPIHono): void {
  app.openAPIRegistry.register("Error", ERROR);
  // Made when it is first asked for: routes may be added until then.
  let document: Document | null = null;
  app.get("/v1/openapi.json", (c) => c.json(document ??= describe(app)));
}

function describe(app: OpenAPIHono): Document {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Exitwave", version: VERSION, description: "Ptychography reconstruction as stateless functions" },
    // A server that has no tokens asks for none.
    security: [{ token: [] }, {}],
  });
  for (const item of Object.values(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      // Whether one is described or not: who sends one hears of it.
      addRefusals(operation, { mayHaveBody: method !== "get" });
    }
  }
  const content = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  const responses = Object.fromEntries(
    Object.entries(ANYWHERE).map(([status, { description }]) => [nameOf(status), { description, content }]),
  );
  const token = {
    type: "http",
    scheme: "bearer",
    description: "As `exitwave token create` prints it, or a JSON Web Token",
  } as const;
  document.components = { ...document.components, responses, securitySchemes: { token } };
  return document;
}

function addRefusals(operation: Operation, { mayHaveBody }: { readonly mayHaveBody: boolean }): void {
  for (const [status, { hasBody }] of Object.entries(ANYWHERE)) {
    if (hasBody && !mayHaveBody) continue;
    operation.responses[status] ??= { $ref: `#/components/responses/${nameOf(status)}` };
  }
}

function nameOf(status: string): string {
  return `Error${status}`;
}
