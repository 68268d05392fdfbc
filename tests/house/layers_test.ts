/** The import rules of ARCHITECTURE.md: each layer sees the layers below it, and some packages have one importer. */

import { assertEquals } from "@std/assert/equals.js";
import { readSources, type Source } from "./sources.ts";

const LAYERS = ["kernels", "core", "functions", "workflows", "cli"];

const ONLY_IN: Record<string, RegExp> = {
  "h5wasm": /^core\/formats\/hdf5(_\w+)?\.ts$/,
  "zod": /^(core|functions)\//,
  "hono": /^functions\//,
  "commander": /^cli\//,
  "aws4fetch": /^functions\/s3_client\.ts$/,
  "@restatedev/restate-sdk": /^workflows\/restate\.ts$/,
  "@opentelemetry/api": /^functions\/operation\/span\.ts$/,
  "croner": /^workflows\/schedule_times\.ts$/,
  "node:sqlite": /^workflows\/sqlite_file\.ts$/,
};

const SOURCES = readSources();
const PRODUCT = SOURCES.filter((s) => !s.path.endsWith("_test.ts") && LAYERS.includes(folderOf(s.path)));

Deno.test("readSources() finds the code and its imports", () => {
  const random = SOURCES.find((s) => s.path === "core/errors.ts");
  assertEquals(random?.imports, ["kernels/errors.ts"]);
});

Deno.test("no layer imports a layer above it", () => {
  assertEquals(PRODUCT.flatMap(upwardImports), []);
});

Deno.test("product code does not import tests or infra", () => {
  const wrong = PRODUCT.flatMap((s) =>
    s.imports.filter((i) => /^(tests|infra)\/|_test\.ts$/.test(i)).map((i) => `${s.path} imports ${i}`)
  );
  assertEquals(wrong, []);
});

for (const [name, allowed] of Object.entries(ONLY_IN)) {
  Deno.test(`${name} is imported only by ${allowed.source}`, () => {
    const wrong = PRODUCT.filter((s) => s.imports.some((i) => i === name || i.startsWith(`${name}/`)));
    assertEquals(wrong.map((s) => s.path).filter((p) => !allowed.test(p)), []);
  });
}

Deno.test("engines, loaders and scan models do not import their siblings in the list", () => {
  const lists = ["core/engines", "core/loaders", "core/scan_models"];
  const wrong = lists.flatMap((folder) => {
    const list = SOURCES.find((s) => s.path === `${folder}/mod.ts`);
    const members = new Set((list?.imports ?? []).filter((i) => i.startsWith(`${folder}/`)));
    const contracts = new Set([`${folder}/engine.ts`, `${folder}/loader.ts`, `${folder}/scan_model.ts`]);
    return PRODUCT.filter((s) => members.has(s.path) && !contracts.has(s.path)).flatMap((s) =>
      s.imports.filter((i) => members.has(i) && !contracts.has(i)).map((i) => `${s.path} imports ${i}`)
    );
  });
  assertEquals(wrong, []);
});

function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function upwardImports(source: Source): string[] {
  const own = LAYERS.indexOf(folderOf(source.path));
  return source.imports.filter((i) => LAYERS.indexOf(folderOf(i)) > own).map((i) => `${source.path} imports ${i}`);
}
