/** Bodies of requests that hold a parameter tree: JSON with options beside the tree, or a parameter file in YAML with options in the query. */

import { z } from "@hono/zod-openapi";
import type { HonoRequest } from "hono/request";
import { DataError, ParameterError } from "../../core/errors.ts";
import { parseParameterText } from "../../core/parameter_file.ts";
import { ApiError } from "../http_errors.ts";

/** A parameter tree in a JSON body; its content is checked by its own schema, which `exitwave params` prints. */
export const TREE = z.record(z.string(), z.unknown()).meta({
  description: "The content of PtyPy's parameter tree `ptycho`: scans, engines, io and so on; see docs/parameters",
});

/** Media types of YAML. */
const YAML = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

/** How OpenAPI sees a body of either form. */
export function treeBody(schema: z.ZodType): {
  readonly required: true;
  readonly content: Readonly<Record<string, { readonly schema: Record<string, unknown> }>>;
} {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  const yaml = { type: "string", description: "A parameter file; options go into the query" };
  return {
    required: true,
    content: { "application/json": { schema: json }, [YAML[0]!]: { schema: yaml } },
  };
}

/**
 * Reads a body of either form.
 *
 * @param query what the query holds; only for YAML
 * @throws ApiError `BadRequest` if it is neither form @throws {ParameterError} if it is not as `schema` says
 */
export async function readTreeBody<T extends z.ZodType>(
  request: HonoRequest,
  { schema, query }: { readonly schema: T; readonly query: Readonly<Record<string, unknown>> },
): Promise<z.output<T>> {
  const type = (request.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const options = Object.entries(query).filter(([, value]) => value !== undefined);
  if (type === "application/json") {
    if (options.length > 0) {
      const message = `Cannot read the query: found "${options[0]![0]}", expected it in the JSON body`;
      throw new ApiError("BadRequest", message);
    }
    return parseBody(schema, await readJson(request));
  }
  if (YAML.includes(type)) {
    const parameters = readYaml(await request.text());
    return parseBody(schema, { parameters, ...Object.fromEntries(options) });
  }
  const message = `Cannot read the body: found the content type "${type}", expected application/json or ${YAML[0]}`;
  throw new ApiError("BadRequest", message);
}

/** The JSON of a body. @throws ApiError `BadRequest` */
async function readJson(request: HonoRequest): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ApiError("BadRequest", `Cannot read the body: found ${cause.message}, expected JSON`, { cause });
  }
}

function readYaml(text: string): unknown {
  try {
    return parseParameterText(text, { format: "yaml", file: "the body" });
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new ApiError("BadRequest", cause.message, { fields: cause.fields, cause });
  }
}

function parseBody<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.join(".") || "body", message }));
  throw new ParameterError(issues, result.error);
}
