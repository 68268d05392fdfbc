/** Writes `docs/settings.md` from the declaration of a server's configuration: `deno task docs`. */

import { serverConfigSchema } from "../functions/server_config.ts";

/** Where the page is. */
export const SETTINGS_PAGE = new URL("../docs/settings.md", import.meta.url);

if (import.meta.main) Deno.writeTextFileSync(SETTINGS_PAGE, settingsPage());

/** A part of a JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly unit?: string;
}

/** The page: a line for each setting, in their order. */
export function settingsPage(): string {
  const rows = rowsOf(serverConfigSchema() as Schema, "");
  const lines = rows.map(({ path, standard, text }) => `| \`${path}\` | ${standard} | ${text} |`);
  return `# Settings of \`exitwave serve\` and \`exitwave worker\`

Written by \`deno task docs\` from \`functions/server_config.ts\`. A configuration is a YAML or JSON file, named by
\`--config FILE\`; \`--set path=value\` goes over it and may be repeated. Folders are relative to the file, without one to
the current folder. Secrets come from the environment alone.

<!-- deno-fmt-ignore-start -->

| setting | default | means |
|---|---|---|
${lines.join("\n")}

<!-- deno-fmt-ignore-end -->
`;
}

function rowsOf(
  { properties = {} }: Schema,
  above: string,
): { readonly path: string; readonly standard: string; readonly text: string }[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${above}${name}`;
    const below = formsOf(schema).flatMap((form) => rowsOf(form, `${path}.`));
    const { description = "" } = schema;
    const unit = schema.unit === undefined ? "" : ` (${schema.unit})`;
    const own = description === "" ? [] : [{ path, standard: standardOf(schema), text: `${description}${unit}` }];
    // Forms of one group have settings in common.
    return [...own, ...below.filter((row, i) => below.findIndex((other) => other.path === row.path) === i)];
  });
}

/** The schema and all that it may be instead. */
function formsOf(schema: Schema): Schema[] {
  return [schema, ...[...schema.anyOf ?? [], ...schema.oneOf ?? []].flatMap(formsOf)];
}

function standardOf(schema: Schema): string {
  return "default" in schema ? `\`${JSON.stringify(schema.default)}\`` : "must be given";
}
