/** Rules of style that a program can check: names, sizes, headers, doc comments, barrels. */

import { assertEquals } from "@std/assert/equals.js";
import { readSources } from "./sources.ts";

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

Deno.test("every export has a doc comment of its own", () => {
  const files = SOURCES.filter((s) => !s.path.endsWith("_test.ts"));
  assertEquals(files.flatMap((s) => undocumentedExports(s.text).map((name) => `${s.path}: ${name}`)), []);
});

Deno.test("undocumentedExports() does not take the file's header for a doc comment", () => {
  const text = "/** Header. */\n\nexport const a = 1;\n\n/** Doc. */\nexport const b = 2;\nexport type C = 1;\n";
  assertEquals(undocumentedExports(text), ["a", "C"]);
});

const EXPORT =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/;

/** Names of exports that no comment stands directly above; an overload takes the comment of the first of its name. */
function undocumentedExports(text: string): string[] {
  const lines = text.split("\n");
  const seen = new Set<string>();
  return lines.flatMap((line, i) => {
    const name = EXPORT.exec(line)?.[1];
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    return (lines[i - 1] ?? "").trimEnd().endsWith("*/") ? [] : [name];
  });
}
