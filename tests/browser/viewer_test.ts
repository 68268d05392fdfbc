/** The page of the API in a real browser, from a real server. Skipped where there is no Chromium, but in CI. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../end_to_end/command_line.ts";
import { startServer } from "../end_to_end/served_process.ts";
import type { ViewerReport } from "./drive_viewer.ts";

const CHROMIUM = "/usr/bin/chromium";
const ROOT = join(import.meta.dirname!, "../..");

function isMissing(): boolean {
  try {
    return !Deno.statSync(CHROMIUM).isFile;
  } catch {
    return Deno.env.get("CI") !== "true";
  }
}

Deno.test({
  name: "the page of the API shows every section and what a route takes, and loads everything from the server",
  ignore: isMissing(),
  fn: inFolder(async (folder) => {
    await using server = await startServer(folder);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", "tests/browser/drive_viewer.ts", CHROMIUM, server.address],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { origins, sections, wrong, filtered, opened }: ViewerReport = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual([origins, wrong], [[server.address], []]);
    for (const section of ["stages", "runs", "batches", "uploads", "schedules"]) assert.ok(sections.includes(section));
    assert.equal(filtered.length, 7);
    assert.ok(filtered.every((path) => path.startsWith("/v1/batches")));
    for (const text of ["Parameters", "limit in query", "Answers", "200 A page of batches"]) {
      assert.ok(opened.includes(text), `${text} in:\n${opened}`);
    }
  }),
});
