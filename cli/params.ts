/** `exitwave params`: what parameters there are, from the one declaration. */

import { Command } from "commander";
import { ParameterError } from "../core/errors.ts";
import { listParameters, listParametersAt, type ParameterEntry } from "../core/parameters/entries.ts";
import { parameterJsonSchema } from "../core/parameters/json_schema.ts";
import { parameterText } from "../core/parameters/layout.ts";
import type { CliIo } from "./command.ts";

/** The command `exitwave params [path] [--json | --json-schema]`. */
export function paramsCommand(io: CliIo): Command {
  return new Command("params")
    .description("Lists parameters with type, default, bounds, unit and meaning.")
    .argument("[path]", "only this parameter and those below it, such as engine.DM; without one, all")
    .option("--json", "as an array of {path, types, default, min, max, unit, description}")
    .option("--json-schema", "as a JSON Schema: of the path, or of a whole parameter file")
    .addHelpText(
      "after",
      "\nExamples:\n  exitwave params engine.DM\n  exitwave params ptycho.io.rfile\n  exitwave params --json-schema > ptycho.schema.json",
    )
    .action((path: string | undefined, options: { json?: boolean; jsonSchema?: boolean }) => {
      const entries = path === undefined ? listParameters() : listParametersAt(path);
      if (options.json === true && options.jsonSchema === true) {
        throw new ParameterError([{ path: "params", message: "found --json and --json-schema, expected one of them" }]);
      }
      if (options.jsonSchema === true) {
        io.out(`${JSON.stringify(parameterJsonSchema(path === undefined ? undefined : entries[0]?.path), null, 2)}\n`);
      } else if (options.json === true) io.out(`${JSON.stringify(entries.map(asJson), null, 2)}\n`);
      else io.out(parameterText(entries));
    });
}

/** An entry as machines read it; `ours` marks what PtyPy does not have, `newer` what only PtyPy 0.9 has. */
function asJson(entry: ParameterEntry): Record<string, unknown> {
  const { path, types, default: preset, min, max, unit, description, ours, newer } = entry;
  return {
    path,
    types,
    default: preset,
    min,
    max,
    unit,
    description,
    ...(ours === true && { ours }),
    ...(newer === true && { newer }),
  };
}
