/** `exitwave params` as a user meets it. */

import { strict as assert } from "node:assert";
import { ParameterError } from "../core/errors.ts";
import { listParameters } from "../core/parameters/entries.ts";
import type { CliIo } from "./command.ts";
import { paramsCommand } from "./params.ts";

Deno.test("exitwave params lists every parameter", async () => {
  const text = await params([]);
  for (const { path } of listParameters()) assert.ok(text.includes(`${path} `) || text.includes(`${path}\n`), path);
});

Deno.test("exitwave params PATH lists that branch, also without the leading ptycho", async () => {
  assert.match(
    await params(["engine.Dummy.itertime"]),
    /^engine\.Dummy\.itertime {2}float {2}= 0\.2 {2}s\n {4}How long/,
  );
  assert.equal(await params(["io.autosave"]), await params(["ptycho.io.autosave"]));
});

Deno.test("exitwave params --json gives the seven fields of every entry, and marks those that PtyPy 0.4 does not have", async () => {
  const entries: Record<string, unknown>[] = JSON.parse(await params(["--json"]));
  const isNew = ({ ours, newer }: Record<string, unknown>) => ours === true || newer === true;
  assert.equal(entries.filter((e) => !isNew(e)).length, 869);
  const fields = ["path", "types", "default", "min", "max", "unit", "description"];
  for (const entry of entries) {
    assert.deepEqual(Object.keys(entry).filter((k) => !["ours", "newer"].includes(k)), fields);
  }
  const marked = (mark: string) => entries.filter((e) => e[mark] === true).map((e) => e.path);
  assert.ok(["ptycho.seed", "scandata.CxiScan.source"].every((path) => marked("ours").includes(path)));
  assert.ok(marked("newer").includes("scandata.Hdf5Loader.padding"));
  assert.deepEqual(JSON.parse(await params(["scandata.PtyScan.rebin", "--json"])).map(withoutDescription), [
    { path: "scandata.PtyScan.rebin", types: ["int"], default: null, min: 1, max: 8, unit: null },
  ]);
});

Deno.test("exitwave params --json-schema gives the schema of a parameter file, or of a branch", async () => {
  const whole = JSON.parse(await params(["--json-schema"]));
  assert.deepEqual(Object.keys(whole.properties).slice(-3), ["io", "scans", "engines"]);
  assert.ok("alpha" in JSON.parse(await params(["engine.DM", "--json-schema"])).properties);
  assert.ok("rfile" in JSON.parse(await params(["io.autosave", "--json-schema"])).anyOf[0].properties);
});

const WRONG: readonly [args: string[], says: RegExp][] = [
  [["engine.DM.numter"], /engine\.DM\.numter: .*did you mean "engine\.DM\.numiter"/],
  [["DM"], /DM: .*did you mean "engine\.DM"/],
  [["nothing.like.it"], /nothing\.like\.it: found no such parameter$/],
  [["--json", "--json-schema"], /expected one of them/],
];

for (const [args, says] of WRONG) {
  Deno.test(`exitwave params ${args.join(" ")} is refused`, async () => {
    await assert.rejects(params(args), (e) => e instanceof ParameterError && says.test(e.message));
  });
}

async function params(args: string[]): Promise<string> {
  let text = "";
  const io: CliIo = {
    out: (t) => text += t,
    err: (t) => assert.fail(t),
    isTerminal: false,
    signal: new AbortController().signal,
  };
  await paramsCommand(io).parseAsync(args, { from: "user" });
  return text;
}

function withoutDescription({ description, ...rest }: Record<string, unknown>): Record<string, unknown> {
  assert.equal(typeof description, "string");
  return rest;
}
