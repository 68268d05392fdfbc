/** A server with much to do: 50 runs that are submitted at once, and many after each other. `bench/server_load.ts` measures more of it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { smallTree } from "../../functions/stages/testing.ts";
import { inFolder } from "./command_line.ts";
import { call, type ServedProcess, startServed } from "./served_process.ts";

const AT_ONCE = 50;
const MORE = 60;

/**
 * V8 lets up to 32 MB of new objects wait, and some of the library's memory grows by pages of 64 kB. A run that kept its frames, its threads
 * (5 to 8 MB each) or its model would add far more than this over 60 runs.
 */
const MOST_GROWTH_BYTES = 40e6;

const isLinux = Deno.build.os === "linux";

const TREE = smallTree({
  engines: { a: { name: "DM", numiter: 3, numiter_contiguous: 2 }, b: { name: "ePIE", numiter: 2 } },
});

Deno.test({
  name: `50 runs submitted at once leave what one alone leaves; 60 more take no more memory${
    isLinux ? "" : " (the memory is skipped: /proc is read, which only Linux has)"
  }`,
  fn: inFolder(async (folder) => {
    const root = join(folder, "data");
    Deno.mkdirSync(root);
    const config = {
      listen: { port: 0 },
      data_root: root,
      state: join(folder, "state"),
      // A second one is started anew for every engine, which takes longer than these runs.
      device: { name: "wasm", threads: 1 },
    };
    await using server = await startServed("serve", { config, folder, name: "server" });
    const resultOf = async (id: string) => {
      await endOf(server, id);
      const { obj, probe } = readPtyr(join(root, `runs/${id}/ePIE_0005.ptyr`));
      return { obj: obj.SMFG00!.data, probe: probe.SMFG00!.data };
    };
    const alone = await resultOf(await submit(server));
    const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => submit(server)));
    assert.equal(new Set(ids).size, AT_ONCE);
    for (const id of ids) assert.deepEqual(await resultOf(id), alone, id);
    assert.equal((await call(server, "/v1/runs?status=done&limit=1000")).runs.length, AT_ONCE + 1);
    if (!isLinux) return;

    const before = await bytesOf(server);
    for (let i = 0; i < MORE; i++) await endOf(server, await submit(server));
    const growth = await bytesOf(server) - before;
    assert.ok(growth <= MOST_GROWTH_BYTES, `${MORE} runs took ${(growth / 1e6).toFixed(1)} MB more`);
  }),
});

async function submit(server: ServedProcess): Promise<string> {
  return (await call(server, "/v1/runs", { method: "POST", body: { parameters: TREE, preview: null } })).id;
}

async function endOf(server: ServedProcess, id: string): Promise<void> {
  for (;;) {
    const { status, error } = await call(server, `/v1/runs/${id}`);
    if (status === "done") return;
    assert.equal(error, null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a process holds in memory now. */
async function bytesOf({ pid }: ServedProcess): Promise<number> {
  // Deno lets nobody but who may do everything read it.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(new TextDecoder().decode(stdout))![1]);
}
