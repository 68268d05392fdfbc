/** A reconstruction over stages, artifacts and the embedded orchestrator, killed again and again: the bytes are those of an undisturbed one. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow, inFolder } from "./command_line.ts";
import { resultsIn } from "./run_results.ts";

const WORKER = join(import.meta.dirname!, "durable_worker.ts");
const CONFIG = join(import.meta.dirname!, "../../deno.json");

/** Kills at most; more for a long test by hand. */
const KILLS = Number(Deno.env.get("EXITWAVE_TEST_KILLS") ?? 10);

const TREE = {
  seed: 5,
  data_type: "single",
  io: { home: "./", autosave: { active: true, interval: 6 }, autoplot: false, interaction: false },
  scans: {
    MF: {
      name: "Full",
      data: { name: "MoonFlowerScan", num_frames: 12, shape: 32, density: 0.2, photons: 1e6, add_poisson_noise: true },
      illumination: { diversity: null, aperture: { form: "circ", size: 3e-6 } },
    },
  },
  engines: {
    a: { name: "DM", numiter: 24, numiter_contiguous: 2, probe_support: null },
    b: { name: "ePIE", numiter: 12, numiter_contiguous: 1 },
    c: { name: "ML", numiter: 6, numiter_contiguous: 4, probe_support: null },
  },
};

function start(folder: string): Deno.ChildProcess {
  const args = [
    "run",
    "--config",
    CONFIG,
    "--allow-read",
    "--allow-write",
    "--allow-env",
    "--no-check",
    WORKER,
    folder,
  ];
  return new Deno.Command(Deno.execPath(), { args, stderr: "piped", stdout: "null" }).spawn();
}

/** Lets the worker be killed some milliseconds after it has begun; what it said, and whether it came to its end. */
async function work(folder: string, killAfter: number): Promise<{ said: string; isDone: boolean }> {
  const child = start(folder);
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    if (killAfter < Infinity && !said.includes("begins") && (said + text).includes("begins")) {
      setTimeout(() => kill(child), killAfter);
    }
    said += text;
  }
  await child.status;
  return { said, isDone: said.includes("done null") };
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It was quicker.
    if (!(error instanceof TypeError)) throw error;
  }
}

function place(folder: string, name: string): string {
  const path = join(folder, name);
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(join(path, "tree.json"), JSON.stringify(TREE));
  return path;
}

/** All that a run leaves, without times. */
function resultOf(folder: string): Record<string, unknown> {
  return Object.fromEntries(
    ["recons/moon", "dumps/moon"].flatMap((where) =>
      Object.entries(resultsIn(join(folder, where))).map(([name, numbers]) => [`${where}/${name}`, numbers])
    ),
  );
}

Deno.test(
  "a durable run that is killed at any moment, often, ends with the files and the bytes of an undisturbed one",
  inFolder(async (folder) => {
    const [calm, killed] = [place(folder, "calm"), place(folder, "killed")];
    assert.ok((await work(calm, Infinity)).isDone);
    let kills = 0;
    let end = await work(killed, 30);
    while (!end.isDone) {
      kills++;
      // Each lives a little longer, so that every part of the run is hit, and the run comes to its end.
      end = await work(killed, kills < KILLS ? 30 + 23 * (kills * 7 % 19) : Infinity);
      assert.ok(!end.said.includes("failed"), end.said);
    }
    assert.ok(kills >= 3, `it was killed ${kills} times only`);
    const expected = resultOf(calm);
    assert.equal(Object.keys(expected).length, 3 + 4 + 2 + 1);
    assert.deepEqual(resultOf(killed), expected);
    // The only multiple of 20 iterations is in the first engine.
    for (const where of [calm, killed]) {
      const pictures = filesBelow(join(where, "artifacts/runs/run")).filter((name) => name.startsWith("picture-"));
      assert.equal(pictures.length, 1);
    }
  }),
);
