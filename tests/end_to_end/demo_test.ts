/** The demonstration of the README: complete, close to the truth, and its parameter files work on their own. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { exitwave, filesBelow, inFolder } from "./command_line.ts";

Deno.test(
  "demo simulates, reconstructs, draws, and ends close to the truth",
  inFolder(async (folder) => {
    const out = join(folder, "demo");
    const demo = await exitwave(["demo", "-o", out]);
    assert.equal(demo.code, 0, demo.err);

    const files = filesBelow(out);
    const ptyr = /^result +(.*\.ptyr)$/m.exec(demo.out)![1]!;
    const figure = /^figure +(.*\.png)$/m.exec(demo.out)![1]!;
    const truth = /^truth +(.*\.ptyr)$/m.exec(demo.out)![1]!;
    for (const path of [ptyr, figure, truth]) assert.ok(Deno.statSync(path).isFile, path);
    for (const name of ["moon_flower.ptyd", "simulate.yaml", "reconstruct.yaml"]) assert.ok(files.includes(name), name);
    assert.deepEqual(files.filter((name) => name.includes(".part")), []);

    const nrmse = Number(/NRMSE ([\d.]+)/.exec(demo.out)![1]);
    assert.ok(nrmse < 0.1, `NRMSE to the truth is ${nrmse}`);
    const { runtime, obj } = readPtyr(ptyr);
    const engines = new Set(runtime.iter_info.map((entry) => entry.engine));
    assert.deepEqual([...engines], ["DM", "ML"]);
    assert.equal(Object.keys(obj).length, 1);

    const args = ["run", join(out, "reconstruct.yaml"), "--dry-run", "--json", "--set", `io.home=${out}`];
    const again = await exitwave(args);
    assert.equal(again.code, 0, again.err);
    assert.equal(JSON.parse(again.out).files.results.at(-1), ptyr);
  }),
);
