/** Rules of style that a program can check: names, sizes, headers, doc comments, barrels. */

import { assertEquals } from "@std/assert/equals.js";
import { readSources, ROOT } from "./sources.ts";

const BANNED = /(^|\/)(utils?|helpers?|common|misc|types|index)(\/|\.ts$)/;
const MAX_LINES = 400;

const SOURCES = readSources();

Deno.test("no file or folder has a name that says nothing", () => {
  assertEquals(SOURCES.map((s) => s.path).filter((p) => BANNED.test(p)), []);
});

Deno.test("files are snake_case", () => {
  assertEquals(SOURCES.map((s) => s.path).filter((p) => !/^[a-z0-9_/]+\.ts$/.test(p)), []);
});

Deno.test("there are no re-export barrels and no default exports", () => {
  assertEquals(SOURCES.filter((s) => /^export \*|^export default/m.test(s.text)).map((s) => s.path), []);
});

Deno.test("every file begins with a header comment", () => {
  assertEquals(SOURCES.filter((s) => !/^(#!.*\n)?\/\*\*|^\/\//.test(s.text)).map((s) => s.path), []);
});

Deno.test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = SOURCES.filter((s) => s.text.split("\n").length > MAX_LINES);
  assertEquals(long.map((s) => s.path), []);
});

Deno.test("nothing is switched off or left for later", () => {
  const mark = new RegExp(
    ["@ts-" + "ignore", "@ts-" + "nocheck", "deno-lint-" + "ignore-file", "TO" + "DO", "FIX" + "ME"].join("|"),
  );
  assertEquals(SOURCES.filter((s) => mark.test(s.text)).map((s) => s.path), []);
});

Deno.test("every export has a doc comment", async () => {
  const files = SOURCES.map((s) => s.path).filter((p) => !p.endsWith("_test.ts") && p !== "main.ts");
  const missing: string[] = [];
  for (const nodes of await documentation(files)) missing.push(...nodes);
  assertEquals(missing, []);
});

interface DocNode {
  name: string;
  kind?: string;
  declarationKind?: string;
  jsDoc?: { doc?: string };
  declarations?: DocNode[];
}

/** Names of exports without a doc comment, per file, as `deno doc` sees them. */
async function documentation(files: string[]): Promise<string[][]> {
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const doc = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols?: DocNode[] } | DocNode[]>;
  };
  return Object.entries(doc.nodes).map(([url, value]) => {
    const symbols = Array.isArray(value) ? value : value.symbols ?? [];
    return symbols.flatMap(flatten).filter((n) => !n.jsDoc?.doc).map((n) =>
      `${url.replace(`file://${ROOT}/`, "")}: ${n.name}`
    );
  });
}

function flatten(node: DocNode): DocNode[] {
  const declarations = node.declarations ?? [node];
  const documented = declarations.some((d) => d.jsDoc?.doc);
  const exported = declarations.filter((d) => d.declarationKind === "export");
  return exported.length === 0 || documented ? [] : [{ name: node.name }];
}
