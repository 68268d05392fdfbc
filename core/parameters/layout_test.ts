/** The text of `exitwave params` and the committed pages. */

import { strict as assert } from "node:assert";
import { listParameters, listParametersAt } from "./entries.ts";
import { parameterPages, parameterText, TEXT_WIDTH } from "./layout.ts";

const FOLDER = new URL("../../docs/parameters/", import.meta.url);

Deno.test("parameterText() shows path, type, default, bounds, unit and description", () => {
  const text = parameterText(listParametersAt("scandata.PtyScan.energy"));
  assert.equal(
    text,
    "scandata.PtyScan.energy  float  = 7.2  >= 0  keV\n    Photon energy; None for that of the source\n",
  );
});

Deno.test(`parameterText() fits into ${TEXT_WIDTH} columns but for single long words`, () => {
  const lines = parameterText(listParameters()).split("\n").filter((l) => l.length > TEXT_WIDTH);
  assert.deepEqual(lines.filter((l) => l.trim().split(" ").length > 2), []);
});

Deno.test("the pages in docs/parameters are those of the declaration; if not, run deno task docs", () => {
  const committed = [...Deno.readDirSync(FOLDER)].map((e) =>
    [e.name, Deno.readTextFileSync(new URL(e.name, FOLDER))] as const
  );
  assert.deepEqual(new Map(committed.sort()), new Map([...parameterPages()].sort()));
});

Deno.test("every parameter stands on a page, loaders referring to PtyScan for what they share", () => {
  const pages = parameterPages();
  const missing = listParameters().filter((e) => {
    const root = [...pages.keys()].find((name) => name !== "README.md" && e.path.startsWith(name.replace(/md$/, "")));
    if (root === undefined) return !pages.has(`${e.path}.md`) && e.path.includes(".");
    const name = `\`${e.path.slice(root.length - 2)}`;
    return !pages.get(root)!.includes(name) && !pages.get("scandata.PtyScan.md")!.includes(name);
  });
  assert.deepEqual(missing.map((e) => e.path), []);
});
