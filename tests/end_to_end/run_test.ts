/** `exitwave run` from a parameter file to result files. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ptyr, readPtyr } from "../../core/formats/ptyr.ts";
import { exitwave, exitwaveProcess, filesBelow, inFolder, MOON, overrides, writeMoon } from "./command_line.ts";

const RESULTS = ["recons/moon/moon_DM_0004.ptyr", "recons/moon/moon_ML_0006.ptyr"];
/** The interaction server is a default in the tests of `verbose_level`. */
const NOT_BUILT = /^note: The interaction server/;
const FIXTURE = join(import.meta.dirname!, "../fixtures/synth64_nonoise_v04.ptyd");

Deno.test(
  "run writes one file per engine, names them on standard output and shows a line per block on standard error",
  inFolder(async (folder) => {
    const { code, out, err } = await exitwave(["run", writeMoon(folder)]);
    assert.deepEqual([code, err.includes("exitwave:")], [0, false]);
    assert.equal(out, RESULTS.map((path) => `${join(folder, path)}\n`).join(""));
    assert.deepEqual(filesBelow(folder).filter((path) => !path.endsWith("/")), ["moon.json", ...RESULTS]);
    const lines = err.trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => line.split(" ", 2)[0]), ["DM", "DM", "DM", "DM", "ML", "ML", "6"]);
    assert.match(lines[3]!, /^DM 4\/4 .* it\/s {2}fourier \S+ {2}photons \S+ {2}exit \S+$/);
    assert.match(lines[6]!, /^6 iterations in /);
  }),
);

Deno.test(
  "run --json --quiet ends with the files, the final errors and the seconds per iteration, and shows nothing else",
  inFolder(async (folder) => {
    const { code, out, err } = await exitwave(["run", writeMoon(folder), "--json", "--quiet"]);
    assert.deepEqual([code, err], [0, ""]);
    const last = JSON.parse(out.trimEnd().split("\n").at(-1)!);
    assert.deepEqual(last.files, RESULTS.map((path) => join(folder, path)));
    const { runtime } = readPtyr(last.files[1]);
    assert.deepEqual(last.errors, runtime.iter_info.at(-1)!.error);
    assert.deepEqual([last.iterations, last.stopped, last.dumps], [6, false, []]);
    assert.ok(last.secondsPerIteration > 0 && last.secondsPerIteration < 10);
  }),
);

for (
  const { level, says } of [
    { level: 0, says: [] },
    { level: "ERROR", says: [NOT_BUILT] },
    { level: 2, says: [NOT_BUILT] },
    {
      level: "info",
      says: [
        NOT_BUILT,
        /^scan MF: 12 frames of 32 x 32, 7\.2 keV/,
        /^engine DM: 4 iterations on wasm, all 12 frames/,
        /^wrote \S+DM_0004/,
      ],
    },
    {
      level: 4,
      says: [NOT_BUILT, /^scan MF/, /^probe SMFG00: 1 x 32 x 32/, /^obj SMFG00: 1 x /, /^engine DM: 4/, /^wrote/],
    },
    {
      level: "DEBUG",
      says: [
        NOT_BUILT,
        /^scan MF/,
        /^probe/,
        /^obj/,
        /^scans\.MF = .*"psf":0/,
        /^engines\.e = .*"alpha":1,/,
        /^engine DM/,
        /^wrote/,
      ],
    },
  ]
) {
  Deno.test(
    `run says at verbose_level ${level} what that level is for, beside the progress`,
    inFolder(async (folder) => {
      const io = { home: folder, autosave: false, autoplot: false };
      const engines = { e: { name: "DM", numiter: 4, numiter_contiguous: 4 } };
      const { code, err } = await exitwave([
        "run",
        writeMoon(folder, { io, engines, verbose_level: level }),
        "--quiet",
      ]);
      assert.equal(code, 0);
      const lines = err.trimEnd().split("\n").slice(0, -1);
      assert.equal(lines.length, says.length, err);
      says.forEach((pattern, i) => assert.match(lines[i]!, pattern));
    }),
  );
}

Deno.test(
  "run tells without asking what of the user's parameters gives way",
  inFolder(async (folder) => {
    const wanted = ["shape=[32,40]", "num_frames=100", "auto_center=true", "center=[16,16]"];
    const sets = overrides(...wanted.map((text) => `scans.MF.data.${text}`), "scans.MF.illumination.photons=1");
    const { code, err } = await exitwave(["run", writeMoon(folder), "--quiet", ...sets]);
    assert.equal(code, 0);
    const notes = err.split("\n").filter((line) => line.startsWith("note: "));
    const expected = [
      /num_frames = 100 gives way to the 92 frames/,
      /32 x 40 is not square/,
      /centre of mass .* but data\.center says \(16, 16\), which is used/,
      /photons is 1, but the brightest frame/,
    ];
    for (const note of expected) assert.ok(notes.some((line) => note.test(line)), `no ${note} in:\n${err}`);
    assert.equal(notes.length, 4);
  }),
);

Deno.test(
  "run redraws one line on a terminal, and writes an error below it",
  inFolder(async (folder) => {
    const file = writeMoon(folder, {
      engines: { a: { name: "DM", numiter: 1 }, b: { name: "DM", numiter: 5, alpha: 1e200 } },
    });
    const { code, err } = await exitwave(["run", file], { isTerminal: true });
    assert.equal(code, 2);
    const [bar, message, end] = err.split("\n");
    assert.ok(bar!.startsWith("\r\x1b[KDM 1/1 "), bar);
    assert.match(message!, /^exitwave: Cannot continue DM: found numbers that are not finite after iteration 1/);
    assert.equal(end, "");
  }),
);

const WRAPPINGS = [
  { name: "moon.yaml", text: (json: string) => json },
  { name: "moon.json", text: (json: string) => `{"ptycho": ${json}}` },
  { name: "moon.yml", text: (json: string) => `parameter_tree: ${json}\n` },
];
for (const { name, text } of WRAPPINGS) {
  Deno.test(
    `run reads ${text("{...}").trim()} in ${name} and ends with the same bytes`,
    inFolder(async (folder) => {
      const plain = writeMoon(folder);
      const json = Deno.readTextFileSync(plain);
      assert.equal((await exitwave(["run", plain])).code, 0);
      const expected = bytesOf(readPtyr(join(folder, RESULTS[1]!)));
      Deno.removeSync(join(folder, "recons"), { recursive: true });
      Deno.writeTextFileSync(join(folder, name), text(json));
      assert.equal((await exitwave(["run", join(folder, name)])).code, 0);
      assert.deepEqual(bytesOf(readPtyr(join(folder, RESULTS[1]!))), expected);
    }),
  );
}

Deno.test(
  "a second run has the same bytes in every array; another seed has not",
  inFolder(async (folder) => {
    const results = [];
    for (const seed of [1, 1, 2]) {
      const { code } = await exitwave(["run", writeMoon(folder), ...overrides(`seed=${seed}`, `run=seed${seed}`)]);
      assert.equal(code, 0);
      results.push(readPtyr(join(folder, `recons/seed${seed}/seed${seed}_ML_0006.ptyr`)));
      Deno.removeSync(join(folder, "recons"), { recursive: true });
    }
    assert.deepEqual(bytesOf(results[0]!), bytesOf(results[1]!));
    assert.notDeepEqual(bytesOf(results[0]!), bytesOf(results[2]!));
  }),
);

for (const engine of ["DM", "ML", "ePIE", "DM_simple"]) {
  Deno.test(
    `${engine}: one block of 4 iterations, blocks of 3 and 4 blocks of one have the same bytes`,
    inFolder(async (folder) => {
      const results = [];
      for (const contiguous of [1, 3, 4]) {
        const engines = { e: { name: engine, numiter: 4, numiter_contiguous: contiguous } };
        assert.equal((await exitwave(["run", writeMoon(folder, { engines })])).code, 0);
        results.push(bytesOf(readPtyr(join(folder, `recons/moon/moon_${engine}_0004.ptyr`))));
      }
      assert.deepEqual(results[1], results[0]);
      assert.deepEqual(results[2], results[0]);
    }),
  );
}

Deno.test(
  "run --memory gives the bytes of a run without, says how many frames are where, and refuses too little",
  inFolder(async (folder) => {
    const file = writeMoon(folder, { verbose_level: 3 });
    assert.equal((await exitwave(["run", file])).code, 0);
    const expected = bytesOf(readPtyr(join(folder, RESULTS[1]!)));
    const refused = await exitwave(["run", file, "--memory", "1kB"]);
    assert.deepEqual([refused.code, refused.out], [2, ""]);
    assert.match(refused.err, /found 1 MB for the device, expected at least \d+ MB; allow more memory/);
    // Of 12 frames of 32 x 32, each of 20 kB, some do not fit.
    const { engines } = JSON.parse((await exitwave(["run", file, "--dry-run", "--json"])).out);
    const { code, err } = await exitwave(["run", file, "--memory", `${(engines[0].placement.bytes - 60e3) / 1e3}kB`]);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /iterations on wasm, \d+ of 12 frames in its memory, .* MB; the others pass through it, \d+ at a time/,
    );
    assert.deepEqual(bytesOf(readPtyr(join(folder, RESULTS[1]!))), expected);
  }),
);

Deno.test(
  "engines run in the order of their labels",
  inFolder(async (folder) => {
    const engines = { b: { name: "ML", numiter: 1 }, c: { name: "DM", numiter: 1 }, a: { name: "ePIE", numiter: 2 } };
    const { out } = await exitwave(["run", writeMoon(folder, { engines })]);
    const names = out.trimEnd().split("\n").map((path) => path.split("/").at(-1));
    assert.deepEqual(names, ["moon_ePIE_0002.ptyr", "moon_ML_0003.ptyr", "moon_DM_0004.ptyr"]);
    const { iter_info } = readPtyr(join(folder, "recons/moon/moon_DM_0004.ptyr")).runtime;
    assert.deepEqual(iter_info.map((i) => [i.engine, i.iteration, i.iterations]), [
      ["ePIE", 1, 1],
      ["ePIE", 2, 2],
      ["ML", 1, 3],
      ["DM", 1, 4],
    ]);
  }),
);

Deno.test(
  "several scans, one simulated and one from a .ptyd file, end in one result",
  inFolder(async (folder) => {
    const scans = { MF: MOON, S: { name: "Full", data: { name: "PtydScan", dfile: FIXTURE, num_frames: 9 } } };
    const { code, err } = await exitwave([
      "run",
      writeMoon(folder, { scans, engines: { e: { name: "DM", numiter: 1 } } }),
    ]);
    assert.equal(code, 0, err);
    const { probe, obj, positions } = readPtyr(join(folder, "recons/moon/moon_DM_0001.ptyr"));
    assert.deepEqual(Object.keys(probe).sort(), ["SMFG00", "SSG00"]);
    assert.deepEqual(probe.SMFG00!.data.shape, [1, 32, 32]);
    assert.deepEqual(probe.SSG00!.data.shape, [1, 64, 64]);
    assert.deepEqual(Object.keys(obj).sort(), ["SMFG00", "SSG00"]);
    assert.deepEqual(positions.SSG00!.shape, [9, 2]);
  }),
);

Deno.test(
  "autosave writes a dump before every interval, and none when it is off",
  inFolder(async (folder) => {
    const io = { home: folder, autosave: { active: true, interval: 2 }, autoplot: false, interaction: false };
    const { code, out } = await exitwave(["run", writeMoon(folder, { io }), "--json", "--quiet"]);
    assert.equal(code, 0);
    const { dumps, files } = JSON.parse(out) as { dumps: string[]; files: string[] };
    const names = ["None_0000", "DM_0002", "DM_0004"].map((name) => join(folder, `dumps/moon/moon_${name}.ptyr`));
    assert.deepEqual(dumps, names);
    const [dump, result] = [readPtyr(dumps[1]!), readPtyr(files[1]!)];
    assert.deepEqual([dump.kind, dump.runtime.iter_info.at(-1)!.iterations], ["dump", 2]);
    assert.deepEqual([result.kind, result.runtime.last_save], ["minimal", 4]);
  }),
);

Deno.test(
  "io.rfile names the files, also outside io.home; a run without a name is called after its file",
  inFolder(async (folder) => {
    const file = writeMoon(folder, { run: null });
    const rfile = `${folder}/elsewhere/%(run)s-%(engine)s-%(iteration)d-%(iterations)03d.ptyr`;
    const { code } = await exitwave(["run", file, ...overrides(`io.rfile=${rfile}`, "io.home=/nowhere")]);
    assert.equal(code, 0);
    assert.deepEqual(filesBelow(join(folder, "elsewhere")), ["moon-DM-4-004.ptyr", "moon-ML-2-006.ptyr"]);
    assert.equal(readPtyr(join(folder, "elsewhere/moon-DM-4-004.ptyr")).runtime.run, "moon");
  }),
);

Deno.test(
  "io.rfile None writes nothing and says so",
  inFolder(async (folder) => {
    const { code, out, err } = await exitwave(["run", writeMoon(folder), ...overrides("io.rfile=None")]);
    assert.deepEqual([code, out, filesBelow(folder)], [0, "", ["moon.json"]]);
    assert.match(err, /no result was written: io\.rfile is None\n$/);
  }),
);

Deno.test(
  "io.home is relative to the folder that the command runs in",
  inFolder(async (folder) => {
    writeMoon(folder, { engines: { e: { name: "DM", numiter: 1 } } });
    const args = ["run", "moon.json", ...overrides("io.home=sub/home")];
    const { code, stdout, stderr } = await exitwaveProcess(args, { cwd: folder }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(new TextDecoder().decode(stdout), "sub/home/recons/moon/moon_DM_0001.ptyr\n");
    assert.equal(readPtyr(join(folder, "sub/home/recons/moon/moon_DM_0001.ptyr")).kind, "minimal");
  }),
);

for (const how of [["--dry-run"], overrides("dry_run=true")]) {
  Deno.test(
    `run ${how.join(" ")} says what would happen and touches nothing`,
    inFolder(async (folder) => {
      const data = { ...MOON.data, save: "append", dfile: "moon.ptyd" };
      const io = { home: folder, autosave: true, autoplot: false, interaction: false };
      const file = writeMoon(folder, { io, scans: { MF: { ...MOON, data } } });
      const before = snapshot(folder);
      const text = await exitwave(["run", file, ...how]);
      assert.deepEqual([text.code, text.err], [0, ""]);
      for (
        const fact of [
          "12 of 32 x 32",
          "1 x 32 x 32",
          "DM, 4 iterations",
          ...RESULTS,
          "all 12 frames in its memory",
          "about 150 MB for the program",
        ]
      ) {
        assert.ok(text.out.includes(fact), `${fact}\n${text.out}`);
      }
      const json = JSON.parse((await exitwave(["run", file, "--json", ...how])).out);
      assert.deepEqual(json.files.results, RESULTS.map((path) => join(folder, path)));
      assert.deepEqual([json.scans[0].frames, json.scans[0].probe], [12, [1, 32, 32]]);
      const { device, frames, resident, window, bytes } = json.engines[0].placement;
      assert.deepEqual([device, frames, resident, window], ["wasm", 12, 12, 0]);
      assert.ok(bytes > 12 * 32 * 32 * 20, `${bytes} bytes`);
      assert.deepEqual(snapshot(folder), before);
    }),
  );
}

Deno.test(
  "the dry run foretells the shapes that the run has",
  inFolder(async (folder) => {
    const file = writeMoon(folder, { engines: { e: { name: "DM", numiter: 1 } } });
    const { scans } = JSON.parse((await exitwave(["run", file, "--json", "--dry-run"])).out);
    const { files } = JSON.parse((await exitwave(["run", file, "--json", "--quiet"])).out);
    const { probe, obj } = readPtyr(files[0]);
    assert.deepEqual([scans[0].probe, scans[0].object], [probe.SMFG00!.data.shape, obj.SMFG00!.data.shape]);
  }),
);

Deno.test(
  "simulate writes frames and truth that run, compare, inspect and plot take",
  inFolder(async (folder) => {
    const file = writeMoon(folder, { scans: { MF: { ...MOON, data: { ...MOON.data, num_frames: 40 } } } });
    const ptyd = join(folder, "made/scan.ptyd");
    const made = await exitwave(["simulate", file, "-o", ptyd, "--json"]);
    assert.equal(made.code, 0, made.err);
    const truth = join(folder, "made/scan_truth.ptyr");
    assert.deepEqual(JSON.parse(made.out), [{ label: "MF", frames: 39, shape: [32, 32], ptyd, truth, figure: null }]);
    assert.deepEqual(filesBelow(folder), ["made/", "made/scan.ptyd", "made/scan_truth.ptyr", "moon.json"]);

    const data = { name: "PtydScan", dfile: ptyd };
    const engines = {
      engine00: { name: "DM", numiter: 60, numiter_contiguous: 20, probe_support: 1, fourier_relax_factor: 0.01 },
      engine01: { name: "ML", numiter: 20, numiter_contiguous: 20, probe_support: 1, scale_precond: true },
    };
    const run = await exitwave(["run", writeMoon(folder, { scans: { MF: { ...MOON, data } }, engines })]);
    assert.equal(run.code, 0, run.err);
    const result = run.out.trim().split("\n").at(-1)!;

    const distance = await nrmse(truth, result);
    // 0.03 with these engines; 0.8 where they fail.
    assert.ok(distance < 0.1, `NRMSE to the truth is ${distance}`);
    assert.match((await exitwave(["inspect", ptyd])).out, /39 of 32 x 32/);
    assert.match((await exitwave(["inspect", result])).out, /engines +DM 60, then ML 20/);
    const png = join(folder, "moon.png");
    assert.deepEqual(await exitwave(["plot", result, "-o", png]), { code: 0, out: `${png}\n`, err: "" });
    assert.deepEqual([...Deno.readFileSync(png).subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
  }),
);

async function nrmse(a: string, b: string): Promise<number> {
  const { code, out, err } = await exitwave(["compare", a, b, "--json"]);
  assert.equal(code, 0, err);
  const found = /"nrmse":([\d.e-]+)/.exec(out.replaceAll(/\s/g, ""));
  return Number(found![1]);
}

/** All numbers of a result that a second run must repeat: not the times. */
function bytesOf({ probe, obj, positions, runtime }: Ptyr): Record<string, unknown> {
  const waves = (storages: Ptyr["obj"]) => Object.entries(storages).map(([ID, { data }]) => [ID, data]);
  const { error, iterations } = runtime.iter_info.at(-1)!;
  return { probe: waves(probe), obj: waves(obj), positions, error, iterations, local: runtime.error_local };
}

/** Names, sizes and times of everything below a folder. */
function snapshot(folder: string): unknown[] {
  return ["", ...filesBelow(folder)].map((path) => {
    const { size, mtime, ctime } = Deno.statSync(join(folder, path));
    return [path, size, mtime?.getTime(), ctime?.getTime()];
  });
}
