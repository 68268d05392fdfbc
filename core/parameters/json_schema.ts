/** JSON Schema of a parameter file, or of any branch of the parameter tree, from the declaration. */

import { z } from "zod";
import { ParameterError } from "../errors.ts";
import { childOf, type Group, groupOf, optionsOf } from "./structure.ts";
import { PARAMETER_TREE } from "./tree.ts";

/** What only the list of parameters needs. */
const INTERNAL = [
  "types",
  "allowed",
  "link",
  "listedName",
  "listedEntry",
  "listedDefault",
  "placeholder",
  "ours",
  "newer",
];

/**
 * JSON Schema (draft 2020-12) of what may be written at `path`, a path of the list such as `engine.DM`; without one, of a
 * whole parameter file. Units stand under `unit`.
 *
 * @throws {ParameterError} if there is no such path
 */
export function parameterJsonSchema(path = "ptycho"): Record<string, unknown> {
  const schema = z.toJSONSchema(schemaAt(path), { io: "input", override: tidy });
  return schema as Record<string, unknown>;
}

function schemaAt(path: string): z.ZodType {
  let schema: z.ZodType = PARAMETER_TREE;
  for (const key of path.split(".")) {
    const group = groupOf(schema);
    const child = group === null ? undefined : childOf(group, key, undefined) ?? choiceOf(group, key);
    if (child === undefined) {
      throw new ParameterError([{
        path,
        message: "found no such parameter, expected a path as exitwave params lists them",
      }]);
    }
    schema = child;
  }
  return schema;
}

/** The `name` by which a choice is made, before it is made. */
function choiceOf(group: Group, key: string): z.ZodType | undefined {
  return key === "name" && group instanceof z.ZodDiscriminatedUnion ? z.enum([...optionsOf(group).keys()]) : undefined;
}

function tidy({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  for (const key of INTERNAL) delete jsonSchema[key];
  // z.int() means safe integers; that bound is the language's and not the parameter's.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if ("min" in jsonSchema) delete jsonSchema.min;
}
