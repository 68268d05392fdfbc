/** Ctrl-C and sudden death: what was computed is saved, and no file is ever half there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { exitwave, exitwaveProcess, filesBelow, inFolder, writeMoon } from "./command_line.ts";

/** On one thread an engine begins at once; workers take a moment to start, in which a signal may come before the first iteration. */
const ONE_THREAD = ["--threads", "1"];

/** More than any test waits for. */
const ENDLESS = 1_000_000;

Deno.test(
  "Ctrl-C stops after the current block, saves, names the file and ends with 130",
  inFolder(async (folder) => {
    const engines = { a: { name: "DM", numiter: ENDLESS, numiter_contiguous: 3 }, b: { name: "ML", numiter: 1 } };
    const run = start(["run", writeMoon(folder, { engines })]);
    await run.said("DM       3/1000000");
    run.kill("SIGINT");
    const { code, out, err } = await run.end();
    assert.equal(code, 130, err);
    const [, done] = /stopped after (\d+) iterations; everything is saved, and the same command goes on\n/.exec(err)!;
    assert.equal(Number(done) % 3, 0);
    assert.match(err, /^stopping after this block, then saving; Ctrl-C again ends at once, without saving$/m);
    const path = join(folder, `recons/moon/moon_DM_${done!.padStart(4, "0")}.ptyr`);
    assert.equal(out, `${path}\n`);
    assert.equal(readPtyr(path).runtime.iter_info.at(-1)!.iterations, Number(done));
  }),
);

Deno.test(
  "a run that was stopped says so in its JSON, and has the bytes of a run of that many iterations",
  inFolder(async (folder) => {
    const stop = new AbortController();
    const file = writeMoon(folder, { engines: { a: { name: "DM", numiter: ENDLESS, numiter_contiguous: 2 } } });
    const heard = (text: string) => text.includes("DM       2/") && stop.abort();
    const { code, out } = await exitwave(["run", file, "--json", ...ONE_THREAD], { signal: stop.signal, heard });
    const { stopped, iterations, files } = JSON.parse(out);
    assert.deepEqual([code, stopped, iterations], [130, true, 2]);
    const stoppedObject = readPtyr(files[0]).obj.SMFG00!.data;
    await exitwave(["run", writeMoon(folder, { engines: { a: { name: "DM", numiter: 2 } } })]);
    assert.deepEqual(stoppedObject, readPtyr(files[0]).obj.SMFG00!.data);
  }),
);

Deno.test(
  "one Ctrl-C that arrives twice, as through npx, still saves",
  inFolder(async (folder) => {
    const engines = { a: { name: "DM", numiter: 1 }, b: { name: "Dummy", numiter: 1, itertime: 0.3 } };
    const run = start(["run", writeMoon(folder, { engines }), ...ONE_THREAD]);
    await run.said("DM 1/1");
    run.kill("SIGINT");
    await run.said("Ctrl-C again");
    run.kill("SIGINT");
    const { code, err } = await run.end();
    assert.equal(code, 130);
    assert.match(err, /everything is saved/);
    assert.ok(filesBelow(join(folder, "recons/moon")).includes("moon_DM_0001.ptyr"));
  }),
);

Deno.test(
  "a second Ctrl-C ends at once and leaves no file of the engine that was running",
  inFolder(async (folder) => {
    const engines = { a: { name: "DM", numiter: 1 }, b: { name: "Dummy", numiter: 1, itertime: 1000 } };
    const run = start(["run", writeMoon(folder, { engines }), ...ONE_THREAD]);
    await run.said("DM 1/1");
    run.kill("SIGINT");
    await run.said("Ctrl-C again");
    // The first half second counts as the same press, so that the key is pressed until it works.
    const presses = setInterval(() => run.kill("SIGINT"), 50);
    const { code } = await run.end();
    clearInterval(presses);
    assert.equal(code, 130);
    assert.deepEqual(filesBelow(join(folder, "recons/moon")), ["moon_DM_0001.ptyr"]);
  }),
);

for (const iterations of [1, 4, 9]) {
  Deno.test(
    `a run that is killed after ${iterations} iterations, saving all the time, leaves only whole files`,
    inFolder(async (folder) => {
      const io = { home: folder, autosave: { active: true, interval: 1 }, autoplot: false, interaction: false };
      const run = start(["run", writeMoon(folder, { io, engines: { a: { name: "DM", numiter: ENDLESS } } })]);
      await run.said(`DM       ${iterations}/1000000`);
      run.kill("SIGKILL");
      await run.end();
      const files = filesBelow(join(folder, "dumps/moon")).filter((name) => !/^\..*\.part$/.test(name));
      assert.ok(files.length >= iterations, `${files}`);
      for (const name of files) assert.equal(readPtyr(join(folder, "dumps/moon", name)).kind, "dump");
    }),
  );
}

interface Running {
  /** Waits until standard error holds `text`; fails if the process ends without it. */
  said(text: string): Promise<void>;
  kill(signal: Deno.Signal): void;
  end(): Promise<{ code: number; out: string; err: string }>;
}

function start(args: readonly string[]): Running {
  const process = exitwaveProcess(args, { stdout: "piped", stderr: "piped" }).spawn();
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const out = new Response(process.stdout).text();
  let err = "";
  async function more(): Promise<boolean> {
    const { value, done } = await reader.read();
    err += value ?? "";
    return !done;
  }
  return {
    async said(text) {
      while (!err.includes(text)) assert.ok(await more(), `ended without "${text}": ${err}`);
    },
    kill(signal) {
      try {
        process.kill(signal);
      } catch (error) {
        // It has ended already, as the signal would have made it.
        if (!(error instanceof TypeError)) throw error;
      }
    },
    async end() {
      while (await more());
      const { code } = await process.status;
      return { code, out: await out, err };
    },
  };
}
