/** A real server that is killed again and again while a new file makes it reconstruct: one run, one result, the bytes of an undisturbed one. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { exitwave, inFolder } from "./command_line.ts";
import { type AnyJson, call, startServer, until } from "./served_process.ts";

const SCHEDULE = {
  id: "beamline",
  trigger: { prefix: "incoming", pattern: "*.ptyd", settle: 0.3, poll: 0.1 },
  run: {
    parameters: {
      io: { autosave: { active: true, interval: 40 } },
      scans: {
        scan: {
          name: "Full",
          data: { name: "PtydScan" },
          illumination: { aperture: { form: "circ", size: 1e-5 } },
        },
      },
      engines: { e: { name: "DM", numiter: 200, numiter_contiguous: 5 } },
    },
    set: { "scans.scan.data.dfile": "{file}", run: "{stem}", "io.rfile": "results/{stem}.ptyr" },
  },
};

/** Frames as a detector's writer leaves them: under another name until they are whole. */
async function arrive(folder: string, name: string): Promise<void> {
  const tree = {
    scans: {
      MF: {
        name: "Full",
        data: { name: "MoonFlowerScan", num_frames: 12, shape: 32, photons: 1e8, density: 0.2, dfile: null },
      },
    },
  };
  const file = join(folder, "simulate.json");
  Deno.writeTextFileSync(file, JSON.stringify(tree));
  const made = await exitwave(["simulate", file, "--out", join(folder, "whole.ptyd")]);
  assert.equal(made.code, 0, made.err);
  Deno.renameSync(join(folder, "whole.ptyd"), join(folder, "data/incoming", name));
}

async function inServedFolder(use: (data: string, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "data/incoming"), { recursive: true });
    await use(join(folder, "data"), folder);
  })();
}

Deno.test("a new file below a prefix is reconstructed once, though the server is killed at every turn", () =>
  inServedFolder(async (data, folder) => {
    const moments: readonly (readonly [string, (json: AnyJson) => boolean])[] = [
      ["/v1/schedules/beamline/runs", ({ starts }) => starts.length === 1],
      ["/v1/runs", ({ runs }) => runs.length === 1],
      ["/v1/runs", ({ runs }) => runs[0]?.progress?.iterations > 0],
      ["/v1/runs", ({ runs }) => runs[0]?.progress?.iterations > 100],
    ];
    {
      await using server = await startServer(data);
      await call(server, "/v1/schedules", { method: "POST", body: SCHEDULE });
      await arrive(folder, "one.ptyd");
    }
    // Each of these servers is killed at the end of its block.
    for (const [path, isSo] of moments) {
      await using server = await startServer(data);
      await until(server, path, { isSo });
    }
    await using server = await startServer(data);
    const { runs } = await until(server, "/v1/runs", { isSo: ({ runs }) => runs[0]?.status === "done" });
    assert.equal(runs.length, 1);
    const { starts } = await until(server, "/v1/schedules/beamline/runs", {
      isSo: ({ starts }) => starts[0].state === "ended",
    });
    assert.deepEqual(starts.map(({ file, run }: AnyJson) => [file, run]), [["incoming/one.ptyd", runs[0].id]]);

    // The same file under another name is another one, and its run an undisturbed one.
    Deno.copyFileSync(join(data, "incoming/one.ptyd"), join(data, "incoming/two.ptyd"));
    await until(server, "/v1/runs", { isSo: ({ runs }) => runs.length === 2 && runs[0].status === "done" });
    const [killed, calm] = ["one", "two"].map((name) => readPtyr(join(data, `results/${name}.ptyr`)));
    for (const name of ["obj", "probe", "positions"] as const) assert.deepEqual(killed![name], calm![name], name);
    const errors = ({ runtime }: NonNullable<typeof killed>) => runtime.iter_info.map(({ error }) => error);
    assert.equal(errors(killed!).length, 40, "one entry for each block of 5 iterations");
    assert.deepEqual(errors(killed!), errors(calm!));
  }));
