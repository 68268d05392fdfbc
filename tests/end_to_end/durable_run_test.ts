/** `exitwave run`, killed again and again and typed again: the bytes are those of an undisturbed run. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow, inFolder } from "./command_line.ts";
import { resultsIn } from "./run_results.ts";

const PROGRAM = join(import.meta.dirname!, "../../main.ts");
const CONFIG = join(import.meta.dirname!, "../../deno.json");

/** Kills at most; more for a long test by hand. */
const KILLS = Number(Deno.env.get("EXITWAVE_TEST_KILLS") ?? 10);

const TREE = {
  seed: 5,
  data_type: "single",
  io: { autosave: { active: true, interval: 6 }, autoplot: false, interaction: false },
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

/** When a command is killed: some milliseconds after it was started, or after it told of its first iterations. */
interface Kill {
  readonly after: "start" | "first block";
  readonly milliseconds: number;
}

/** Runs the command, which may be killed; whether it came to its end. */
async function work(folder: string, end: Kill | null): Promise<{ err: string; isDone: boolean }> {
  const allowed = ["--allow-read", "--allow-write", "--allow-env", "--no-check"];
  const args = ["run", "--config", CONFIG, ...allowed, PROGRAM, "run", join(folder, "moon.json"), "--device", "wasm"];
  const child = new Deno.Command(Deno.execPath(), { args, stderr: "piped", stdout: "null" }).spawn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => timer ??= end === null ? undefined : setTimeout(() => kill(child), end.milliseconds);
  if (end?.after === "start") begin();
  let err = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    err += text;
    if (/^(DM|ePIE|ML) /m.test(err)) begin();
  }
  const { success, signal } = await child.status;
  clearTimeout(timer);
  assert.ok(success || signal === "SIGKILL", err);
  return { err, isDone: success };
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
  Deno.writeTextFileSync(join(path, "moon.json"), JSON.stringify({ ...TREE, io: { ...TREE.io, home: path } }));
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
    assert.ok((await work(calm, null)).isDone);
    let [kills, resumed] = [0, 0];
    for (let end = { isDone: false, err: "" }; !end.isDone; kills++) {
      // Some are killed before they have begun, some as they work, a little later each time, and the last not at all.
      const after = kills % 3 === 0 ? "start" : "first block";
      const milliseconds = after === "start" ? 300 + 100 * kills : 7 * (kills * 7 % 19);
      end = await work(killed, kills < KILLS ? { after, milliseconds } : null);
      if (end.err.includes("the same run ended before")) resumed++;
    }
    assert.ok(kills > 3 && resumed > 0, `it was killed ${kills - 1} times, and went on ${resumed} times`);
    const expected = resultOf(calm);
    assert.equal(Object.keys(expected).length, 3 + 4 + 2 + 1);
    assert.deepEqual(resultOf(killed), expected);
    // Nothing is kept of a run that came to its end.
    for (const where of [calm, killed]) assert.ok(!filesBelow(where).some((name) => name.includes(".exitwave")));
  }),
);
