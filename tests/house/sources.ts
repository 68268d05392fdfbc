/** Every source file of the repository with its text and its imports: what the house tests look at. */

import { dirname, join, normalize, relative } from "node:path/posix";

/** A TypeScript file of the repository. */
export interface Source {
  /** Path from the repository root. */
  readonly path: string;
  readonly text: string;
  /** What it imports: a path from the root for relative imports, the specifier as written for packages. */
  readonly imports: readonly string[];
}

/** The repository root. */
export const ROOT = normalize(join(import.meta.dirname ?? ".", "../.."));

const IMPORT = /^(?:import|export)\b[^;"']*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** Reads all `.ts` files in the folders that hold code. */
export function readSources(): Source[] {
  return listFiles(ROOT).filter((path) => path.endsWith(".ts")).sort().map((path) => {
    const text = Deno.readTextFileSync(join(ROOT, path));
    const imports = [...text.matchAll(IMPORT)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
    return {
      path,
      text,
      imports: imports.map((i) => i.startsWith(".") ? normalize(join(dirname(path), i)) : i),
    };
  });
}

function listFiles(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...listFiles(path));
    else found.push(relative(ROOT, path));
  }
  return found;
}
