/** A real server and the commands that speak to it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { exitwave, inFolder, MOON, overrides, writeMoon } from "./command_line.ts";
import { call, type ServedProcess, startServer, until } from "./served_process.ts";

/** A parameter file whose paths are the server's. */
function writeTree(folder: string, changes: Record<string, unknown> = {}): string {
  return writeMoon(folder, { io: { autosave: false, autoplot: false, interaction: false }, ...changes });
}

const at = ({ address }: ServedProcess) => ["--server", address];

/** Data root of a server in a test's folder. */
function dataIn(folder: string): string {
  const data = join(folder, "data");
  Deno.mkdirSync(data);
  return data;
}

Deno.test(
  "submit --wait shows progress, leaves the files that run leaves, and the same key is the same run",
  inFolder(async (folder) => {
    const data = dataIn(folder);
    await using server = await startServer(data);
    const file = writeTree(folder);
    const submit = ["submit", file, "--key", "mine", ...at(server)];
    const first = await exitwave([...submit, "--wait", "--out", join(folder, "out")]);
    assert.equal(first.code, 0, first.err);
    const [, id] = /^submitted (key-[0-9a-f]+)$/m.exec(first.err)!;
    assert.match(first.err, /^ML 2\/2 .*photons/m);
    assert.deepEqual(
      first.out.trim().split("\n"),
      ["engine00", "engine01"].map((e) => join(folder, `out/${id}_${e}.ptyr`)),
    );
    assert.equal((await exitwave(submit)).out, `${id}\n`);
    assert.equal((await exitwave([...submit, "--json"])).code, 0);
    assert.equal((await call(server, "/v1/runs")).runs.length, 1);

    const local = await exitwave(["run", writeMoon(join(folder, "out")), "--device", "wasm", "--threads", "1"]);
    assert.equal(local.code, 0, local.err);
    const [here, there] = [local.out, first.out].map((out) => readPtyr(out.trim().split("\n").at(-1)!));
    assert.deepEqual(there!.obj.SMFG00!.data, here!.obj.SMFG00!.data);
    assert.deepEqual(there!.obj, readPtyr(join(data, `runs/${id}/ML_0006.ptyr`)).obj);

    const status = await exitwave(["status", id!, ...at(server)]);
    assert.match(status.out, new RegExp(`^${id}  done\n  reconstruct "moon", submitted .* UTC\n  ML 2/2, 6/6\n`));
    assert.equal(JSON.parse((await exitwave(["status", id!, "--json", ...at(server)])).out).id, id);
    const table = (await exitwave(["runs", ...at(server)])).out.trim().split("\n");
    assert.match(table[0]!, /^RUN +KIND +STATUS +PROGRESS +SUBMITTED +NAME$/);
    assert.match(table[1]!, new RegExp(`^${id}  reconstruct  done    6/6 .* moon$`));
    const late = await exitwave(["watch", id!, "--json", ...at(server)]);
    assert.deepEqual([late.code, JSON.parse(late.out).status], [0, "done"]);
  }),
);

Deno.test(
  "a server that is killed and started again goes on with its run; who watches sees it to its end, with the bytes of an undisturbed one",
  inFolder(async (folder) => {
    const data = dataIn(folder);
    const engines = { a: { name: "DM", numiter: 300, numiter_contiguous: 3 }, b: { name: "ePIE", numiter: 60 } };
    const io = { autosave: { active: true, interval: 50 }, autoplot: false, interaction: false };
    const file = writeTree(folder, { engines, io });
    let server = await startServer(data);
    const [, port] = /:(\d+)$/.exec(server.address)!;
    const id = (await exitwave(["submit", file, ...at(server)])).out.trim();
    const progress = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    const watching = exitwave(["watch", id, ...at(server)], {
      heard(text) {
        if (/^DM +\d/m.test(text)) progress.resolve();
        if (text.includes("connection to the server is lost")) lost.resolve();
      },
    });
    try {
      await progress.promise;
      for (let kills = 0; kills < 3; kills++) {
        await server.kill();
        if (kills === 0) await lost.promise;
        server = await startServer(data, Number(port));
        const { progress } = await call(server, `/v1/runs/${id}`);
        await until(server, `/v1/runs/${id}`, {
          isSo: ({ status, progress: now }) =>
            status === "done" || (now?.iterations ?? 0) > (progress?.iterations ?? 0),
        });
      }
      const { code, err, out } = await watching;
      assert.equal(code, 0, err);
      assert.match(out, new RegExp(`^${server.address}/v1/runs/${id}/files/a.ptyr\n`));
      const calm = (await exitwave(["submit", file, "--wait", ...at(server)])).err;
      const [, other] = /^submitted (\S+)$/m.exec(calm)!;
      const [a, b] = [id, other].map((run) => {
        const { probe, obj, positions, runtime: { iter_info, error_local } } = readPtyr(
          join(data, `runs/${run}/ePIE_0360.ptyr`),
        );
        return { probe, obj, positions, error_local, errors: iter_info.map(({ error }) => error) };
      });
      assert.deepEqual(a, b);
    } finally {
      await server.kill();
    }
  }),
);

Deno.test(
  "a run is cancelled and resumed by commands, and what ends badly has an exit code",
  inFolder(async (folder) => {
    await using server = await startServer(dataIn(folder));
    const engines = { a: { name: "ePIE", numiter: 1_000_000, numiter_contiguous: 2 } };
    const id = (await exitwave(["submit", writeTree(folder, { engines }), "--name", "x", ...at(server)])).out.trim();
    await until(server, `/v1/runs/${id}`, { isSo: ({ progress }) => progress?.iterations > 0 });
    const cancelled = await exitwave(["cancel", id, ...at(server)]);
    assert.match(cancelled.out, new RegExp(`^${id}  cancelled\n`));
    const watched = await exitwave(["watch", id, ...at(server)]);
    assert.deepEqual([watched.code, watched.err.trim().split("\n").at(-1)], [1, "the run was cancelled"]);
    const { progress: { iterations } } = await call(server, `/v1/runs/${id}`);
    assert.equal(JSON.parse((await exitwave(["resume", id, "--json", ...at(server)])).out).id, id);
    await until(server, `/v1/runs/${id}`, { isSo: ({ progress }) => progress.iterations > iterations });

    // Ctrl-C ends the watching only.
    const stop = new AbortController();
    const heard = () => stop.abort();
    const stopped = await exitwave(["watch", id, ...at(server)], { signal: stop.signal, heard });
    assert.deepEqual([stopped.code, stopped.err.includes(`the run goes on: exitwave watch ${id}`)], [130, true]);
    assert.equal((await call(server, `/v1/runs/${id}`)).status, "running");
    await call(server, `/v1/runs/${id}/cancel`, { method: "POST" });

    const scans = { MF: { ...MOON, data: { name: "PtydScan", dfile: "nothing.ptyd" } } };
    const failed = await exitwave(["submit", writeTree(folder, { scans }), "--wait", "--quiet", ...at(server)]);
    assert.equal(failed.code, 1);
    assert.match(failed.err, /^exitwave: the run failed: Cannot .*nothing\.ptyd/m);
  }),
);

Deno.test(
  "files are sent along, values are varied, and the table says how it went",
  inFolder(async (folder) => {
    await using server = await startServer(dataIn(folder));
    const simulated = await exitwave(["simulate", writeMoon(folder), "-o", join(folder, "moon.ptyd")]);
    assert.equal(simulated.code, 0, simulated.err);
    const scans = { MF: { ...MOON, data: { name: "PtydScan" } } };
    const engines = { e: { name: "DM", numiter: 2 } };
    const submitted = await exitwave([
      ...["submit", writeTree(folder, { scans, engines }), ...at(server)],
      ...["--upload", `scans.MF.data.dfile=${join(folder, "moon.ptyd")}`],
      ...["--vary", "engines.e.alpha=[0.8, 1]", "--vary", "engines.e.numiter=[3, -1]", ...overrides("seed=2")],
    ]);
    assert.equal(submitted.code, 2);
    assert.match(submitted.err, /engines\.e\.numiter: .*-1.*\(run 1\)/);
    const again = await exitwave([
      ...["submit", writeTree(folder, { scans, engines }), ...at(server), "--zip"],
      ...["--upload", `scans.MF.data.dfile=${join(folder, "moon.ptyd")}`],
      ...["--vary", "engines.e.alpha=[0.8, 1]", "--vary", "engines.e.numiter=[3, 4]"],
    ]);
    assert.equal(again.code, 0, again.err);
    const id = again.out.trim();
    await until(server, `/v1/batches/${id}`, { isSo: ({ status }) => status !== "pending" && status !== "running" });
    const { out } = await exitwave(["status", id, ...at(server)]);
    assert.match(
      out,
      new RegExp(`^${id}  done\n  batch "${id}" of 2: 2 done\n  ${server.address}/v1/batches/${id}/table.csv\n`),
    );
    assert.match(out, /^RUN +STATUS +engines\.e\.alpha +engines\.e\.numiter +ERRORS$/m);
    assert.match(out, new RegExp(`^${id}-00001 +done +1 +4 +fourier .* photons .* exit`, "m"));
    // A result that the tree names no file for is an artifact only.
    const kept = ["--wait", "--out", join(folder, "kept"), ...overrides("io.rfile=None")];
    const only = await exitwave(["submit", writeTree(folder), ...kept, ...at(server)]);
    assert.equal(only.code, 0, only.err);
    assert.equal(readPtyr(only.out.trim().split("\n").at(-1)!).runtime.iter_info.at(-1)!.iterations, 6);
    const simulation = await exitwave(["submit", writeTree(folder), "--simulate", "--wait", ...at(server)]);
    assert.match(simulation.out, /files\/MF\.ptyd\n.*files\/MF_truth\.ptyr\n$/);
  }),
);

Deno.test(
  "what a server refuses, and that there is none, is said so that one can mend it",
  inFolder(async (folder) => {
    await using server = await startServer(dataIn(folder));
    const file = writeTree(folder);
    const cases: [readonly string[], RegExp][] = [
      [["status", "none", ...at(server)], /^exitwave: Cannot find run "none"/],
      [["watch", "none", ...at(server)], /^exitwave: Cannot find run "none"/],
      [["status", "../a b", ...at(server)], /^exitwave: /],
      [["submit", file, "--set", "engines.engine00.nmiter=3", ...at(server)], /did you mean|nearest|numiter/],
      [["submit", file, "--set", "io.rfile=../x.ptyr", ...at(server)], /leads out of the data root/],
      [["submit", file, "--out", "x", ...at(server)], /--out: found it without --wait/],
      [
        ["submit", file, "--vary", "seed=3", ...at(server)],
        /--vary: found "seed=3", expected a list such as seed=\[1, 2\]/,
      ],
      [["submit", file, "--upload", "a=none.h5", ...at(server)], /none\.h5/],
      [
        ["runs", "--server", "http://127.0.0.1:1"],
        /Cannot reach the server at http:\/\/127\.0\.0\.1:1.*exitwave serve/,
      ],
      [["runs", "--server", "nonsense"], /found the address "nonsense"/],
    ];
    for (const [args, message] of cases) {
      const { code, err, out } = await exitwave(args);
      assert.deepEqual([code, out], [2, ""], `${args.join(" ")}: ${err}`);
      assert.match(err, message, args.join(" "));
    }
    assert.equal((await call(server, "/v1/runs")).runs.length, 0);
  }),
);
