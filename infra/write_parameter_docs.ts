/** Writes the pages under `docs/parameters/` from the declaration of the parameter tree: `deno task docs`. */

import { parameterPages } from "../core/parameters/layout.ts";

const FOLDER = new URL("../docs/parameters/", import.meta.url);

if (import.meta.main) writeParameterDocs(FOLDER);

/** Writes all pages into `folder` and removes other Markdown files from it. */
export function writeParameterDocs(folder: URL): void {
  const pages = parameterPages();
  Deno.mkdirSync(folder, { recursive: true });
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.name.endsWith(".md") && !pages.has(entry.name)) Deno.removeSync(new URL(entry.name, folder));
  }
  for (const [name, text] of pages) Deno.writeTextFileSync(new URL(name, folder), text);
}
