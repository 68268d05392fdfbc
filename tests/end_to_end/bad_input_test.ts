/** What a user can get wrong: each mistake is one line that says what, where and what to do, exit code 2, and no file. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { VERSION } from "../../core/version.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { type CallOptions, exitwave, filesBelow, inFolder, MOON, overrides, writeMoon } from "./command_line.ts";

const FIXTURES = join(import.meta.dirname!, "../fixtures");
const PTYD = join(FIXTURES, "synth64_nonoise_v04.ptyd");
const PTYR = join(FIXTURES, "synth64_nonoise_DM_0050_09.ptyr");

/** Parameter files that cannot be read; the message begins with the file's name. */
const FILES = [
  { file: "p.yaml", text: "", says: /found nothing, expected a group with scans and engines/ },
  { file: "p.json", text: "", says: /p\.json", line 1, column 1: Unexpected end/ },
  { file: "p.yaml", text: "- a\n- b\n", says: /found a list, expected a group/ },
  { file: "p.json", text: '"text"', says: /found "text", expected a group/ },
  { file: "p.json", text: '{"run": "x",\n "scans": {,}}', says: /p\.json", line 2, column 12: / },
  { file: "p.yaml", text: "scans: {a: [1, 2\nengines: 3\n", says: /p\.yaml", line 2, column 1: / },
  { file: "p.yaml", text: "run: a\nrun: b\n", says: /p\.yaml", line 2, .*unique/ },
  { file: "p.json", text: '{"run": "a", "run": "b"}', says: /found the key "run" a second time/ },
  { file: "p.txt", text: "run: x", says: /expected a name that ends in \.json, \.yaml or \.yml/ },
];
for (const { file, text, says } of FILES) {
  Deno.test(
    `${file} with ${JSON.stringify(text)} is refused with its name and place`,
    inFolder(async (folder) => {
      Deno.writeTextFileSync(join(folder, file), text);
      await assertRefused(["run", join(folder, file)], { folder, says: [says, /^exitwave: Cannot read parameters/] });
    }),
  );
}

Deno.test(
  "a parameter file that is not there, or is a folder, is refused with its name",
  inFolder(async (folder) => {
    await assertRefused(["run", join(folder, "x.yaml")], { folder, says: [/x\.yaml": found no such file/] });
    await assertRefused(["run", folder], { folder, says: [/": found a folder, expected a JSON or YAML file/] });
  }),
);

/** Overrides of a run that works, and what the one line says. */
const OVERRIDES: readonly (readonly [override: string, ...says: RegExp[]])[] = [
  ["engines.engine00.numiter", /found no path=value, expected something like engines\.engine00\.numiter=50/],
  ["engines..numiter=3", /found no path=value/],
  ["run.x=3", /found "moon" at "run", expected a group/],
  ["scans.MF.data.shape=[1,", /scans\.MF\.data\.shape: found a broken list/],
  ["engines.foo.numiter=3", /engines\.foo: found a new label, expected engine00 or engine01/],
  ["verbose_lvl=3", /verbose_lvl: found an unknown name.*did you mean "verbose_level"\?/],
  ["scans.MF.data.shap=3", /scans\.MF\.data\.shap: found an unknown name.*did you mean "shape"\?/],
  ["engines.engine00.numiter=many", /engines\.engine00\.numiter: found "many", expected a whole number >= 1/],
  ["engines.engine00.numiter=0", /engines\.engine00\.numiter: found 0, expected a whole number >= 1/],
  ["engines.engine00.name=DMM", /engines\.engine00\.name: found "DMM", expected one of .*did you mean "DM"\?/],
  ["engines.engine00.name=DM_3dBragg", /found "DM_3dBragg", but the engines built are DM/],
  ["scans.MF.data.name=UCLLaserScan", /scans\.MF\.data\.scan_number: found None, expected the number of the scan/],
  ["scans.MF.data.name=CxiScan", /scans\.MF\.data\.source: found None, expected the file to read/],
  ["scans.MF.propagation=nearfeild", /found "nearfeild", expected "farfield" or "nearfield"/],
  ["scans={}", /scans: found no scan, expected at least one/],
  ["io.interaction.active=true", /io\.interaction\.active: found true, but .* not built; write io\.interaction: false/],
  ["io.autoplot.active=true", /io\.autoplot\.active: found true, but .* not built; write io\.autoplot: false/],
  ["io.rfile=%(foo)s.ptyr", /io\.rfile: .*found %\(foo\), expected one of engine, iteration, iterations, run/],
  ["io.rfile=%(run)d.ptyr", /io\.rfile: .*found "%\(run\)d", expected s for text/],
  ["io.rfile=100%.ptyr", /io\.rfile: .*found a "%" that begins no %\(name\)s/],
  ["io.rfile=/dev/null", /Cannot write "\/dev\/null": found a device or pipe, expected a file name/],
  ["io.rfile=moon.json/x.ptyr", /Cannot write ".*moon\.json\/x\.ptyr": found a file where a folder .* should be/],
  ["io.rfile=.", /Cannot write ".*": found a folder, expected a file name/],
  [
    "io.autosave={active: true, rfile: moon.json/x.ptyr}",
    /Cannot write ".*moon\.json\/x\.ptyr": found a file where a folder/,
  ],
  ["scans.MF.data.energy=0", /scans\.MF\.data\.energy: found 0, expected a photon energy in keV above 0/],
  ["scans.MF.data.energy=None", /scans\.MF\.data\.energy: found None, expected a photon energy in keV above 0/],
  ["scans.MF.data.energy=1e-300", /scans\.MF\.data: found a sample pixel of .* energy is in keV/],
  ["scans.MF.data.distance=-7", /scans\.MF\.data\.distance: found -7/],
  ["scans.MF.data.distance=1e12", /scans\.MF\.data: found a sample pixel of .*psize in metres/],
  ["scans.MF.data.psize=0", /scans\.MF\.data\.psize: found 0/],
  ["scans.MF.data.photons=0", /scans\.MF\.data\.photons: found 0, expected a number of photons above 0/],
  ["scans.MF.data.num_frames=0", /scans\.MF\.data\.num_frames: found 0/],
  ["scans.MF.data.num_frames=1000000000", /scans\.MF\.data\.num_frames: found 1000000000, expected at most/],
  ["scans.MF.data.shape=1000000", /scans\.MF\.data\.shape: .*expected at most 100 million; choose a smaller shape/],
  ["scans.MF.data.save=append", /scans\.MF\.data\.dfile: found None with save = "append", expected the path/],
  ["scans.MF.illumination.model=no.npy", /Cannot open ".*no\.npy": found no such file; check the path/],
  ["scans.MF.illumination.model=moon.json", /scans\.MF\.illumination\.model: found "moon\.json"/],
  ["scans.MF.illumination.model=[[1, 2], [3, 4]]", /scans\.MF\.illumination\.model: .*\(2, 2\), expected \(32, 32\)/],
  [
    `scans.MF.illumination={model: recon, recon: {rfile: ${PTYR}}}`,
    /scans\.MF\.illumination\.model: .*\(1, 64, 64\), expected \(32, 32\)/,
  ],
  ["scans.MF.illumination.model=recon", /illumination\.recon\.rfile: found the default, which names no file/],
  ["scans.MF.sample.model=recon", /sample\.recon\.rfile: found the default, which names no file, expected the path/],
  ["scans.MF.data.center=[500, 3]", /scans\.MF\.data\.center: found \[500,3\], expected pixels of a frame of 32 x 32/],
  [`run=${"x".repeat(300)}`, /Cannot write ".*": found a name that is too long; choose a shorter one/],
  ["scans.MF.illumination.aperture.size=0", /aperture\.size: found 0, expected a width in metres above 0/],
  ["scans.MF.illumination.aperture.offset=1", /aperture\.offset: found 1, which lets no light pass in any pixel/],
  ["scans.MF.illumination.propagation.antialiasing=1e6", /antialiasing: found 1000000, which makes a grid of/],
  ["scans.MF.sample.model=flowr", /sample\.model: found "flowr", expected .*"flower"/],
  [
    "scans.MF.sample={model: star, process: {formula: Xx2O3}}",
    /sample\.process\.formula: found "Xx2O3" with "Xx", expected elements from H to U/,
  ],
  [
    "scans.MF.sample={model: star, process: {ref_index: None}}",
    /sample\.process\.ref_index: found None, expected a complex number, or a formula/,
  ],
  [
    "scans.MF.sample={model: stxm, stxm: {label: B}}",
    /sample\.stxm\.label: found "B", expected a scan of this run, one of MF/,
  ],
  ["scans.MF.coherence.num_probe_modes=1000000", /num_probe_modes: found 1000000, expected a whole number from 1 to/],
  [
    "engines={e: {name: DM, numiter: 5, alpha: 1e+200}}",
    /Cannot continue DM: found numbers that are not finite after iteration \d, .*check the data/,
  ],
];
for (const [override, ...says] of OVERRIDES) {
  Deno.test(
    `--set ${override.replaceAll(FIXTURES, "fixtures").slice(0, 100)} is refused`,
    inFolder(async (folder) => {
      await assertRefused(["run", writeMoon(folder), "--quiet", ...overrides(override)], { folder, says });
    }),
  );
}

Deno.test(
  "several mistakes are told at once, each with its path",
  inFolder(async (folder) => {
    const wrong = ["engines.engine00.numiter=0", "scans.MF.data.shap=3", "verbose_lvl=3", "io.autosave.interval=abc"];
    const { code, out, err } = await exitwave(["run", writeMoon(folder), ...overrides(...wrong)]);
    assert.deepEqual([code, out], [2, ""]);
    const [first, ...rest] = err.trimEnd().split("\n");
    assert.equal(first, "exitwave: 4 mistakes in the parameters");
    for (const text of wrong) assert.ok(rest.some((line) => line.startsWith(`  ${text.split("=")[0]}: found`)), text);
  }),
);

Deno.test(
  "a result that would overwrite the data it is made of is refused",
  inFolder(async (folder) => {
    Deno.copyFileSync(PTYD, join(folder, "scan.ptyd"));
    const scans = { S: { name: "Full", data: { name: "PtydScan", dfile: "scan.ptyd" } } };
    const args = ["run", writeMoon(folder, { scans }), ...overrides("io.rfile=sub/../scan.ptyd")];
    await assertRefused(args, { folder, says: [/io\.rfile: found ".*scan\.ptyd", which holds data of this run/] });
  }),
);

Deno.test(
  "a read-only disk is named before any iteration (skipped where no disk can be mounted)",
  inFolder(async (folder) => {
    const disk = join(folder, "disk");
    Deno.mkdirSync(disk);
    if (!mount(disk, "ro")) return;
    try {
      const says = [/^exitwave: Cannot write ".*": found a read-only file system; choose another folder$/];
      const args = ["run", writeMoon(folder), ...overrides(`io.home=${disk}`)];
      await assertRefused(args, { folder: disk, says });
    } finally {
      unmount(disk);
    }
  }),
);

Deno.test(
  "a full disk is named, and what was there before stays (skipped where no disk can be mounted)",
  inFolder(async (folder) => {
    const disk = join(folder, "disk");
    Deno.mkdirSync(disk);
    if (!mount(disk, "size=600k")) return;
    try {
      const home = overrides(`io.home=${disk}`);
      const file = writeMoon(folder);
      const full = [/^exitwave: Cannot write ".*": found no space left on the disk; free some space or choose/m];
      // What has no room first is the journal of the run.
      const fullJournal = [/^exitwave: Cannot use the journal of runs ".*": found ".*"; see that the disk has space/m];
      // A result fits once; then the rest of the disk is filled.
      const first = await exitwave([
        "run",
        file,
        "--quiet",
        ...home,
        ...overrides("engines={e: {name: DM, numiter: 1}}"),
      ]);
      assert.equal(first.code, 0, first.err);
      const result = first.out.trim();
      fill(disk);
      const again = ["run", file, "--quiet", ...home, ...overrides("engines={e: {name: DM, numiter: 1}}")];
      await assertRefused(again, { folder: disk, says: fullJournal });
      assert.equal(readPtyr(result).runtime.iter_info.at(-1)!.iterations, 1);
      await assertRefused([...again, ...overrides("io.autosave={active: true, rfile: d.ptyr}")], {
        folder: disk,
        says: fullJournal,
      });
      for (const save of ["append", "link", "merge"]) {
        const data = overrides(`scans.MF.data.save=${save}`, "scans.MF.data.dfile=s.ptyd");
        await assertRefused([...again, ...data], { folder: disk, says: fullJournal });
      }
      await assertRefused(["plot", result, "-o", join(disk, "x.png")], { folder: disk, says: full });
      await assertRefused(["simulate", file, "-o", join(disk, "s.ptyd")], { folder: disk, says: full });
    } finally {
      unmount(disk);
    }
  }),
);

const WRONG_KINDS: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [["plot", "no.ptyr"], /Cannot open "no\.ptyr": found no such file/],
  [["plot", FIXTURES], /found a folder, expected an HDF5 file/],
  [["plot", PTYD], /"\/header" in ".*v04\.ptyd": found nothing, expected a \.ptyr file/],
  [["plot", import.meta.filename!], /found other content .*, expected an HDF5 file; check the file name/],
  [["plot", PTYR, "-o", "x.gif"], /Cannot write figure "x\.gif": found an unknown ending, expected \.png or \.svg/],
  [["plot", PTYR, "-o", `${PTYR}/x.png`], /found a file where a folder of the path should be/],
  [["plot", PTYR, "--storage", "foo"], /Cannot draw storage "foo": found no such ID, expected one of SMFG00/],
  [["compare", PTYR, "no.ptyr"], /Cannot open "no\.ptyr": found no such file/],
  [["compare", PTYR, PTYD], /Cannot choose an array of ".*": found no array that stands out, expected one; write/],
  [["compare", PTYR, `${PTYR}:/content/obj`], /"\/content\/obj" in ".*": found a group, expected a data set/],
  [["compare", PTYR, PTYR, "--region", "0:5000,0:5"], /found an object of 172 x 172 pixels, expected a rectangle/],
  [["inspect", "no.ptyd"], /Cannot open "no\.ptyd": found no such file/],
  [["inspect", FIXTURES], /found a folder, expected an HDF5 file/],
  [["inspect", import.meta.filename!], /found other content .*, expected an HDF5 file/],
  [["params", "engine.DMM"], /engine\.DMM: found no such parameter; did you mean "engine\.DM"\?/],
  [["demo", "-o", PTYR], /Cannot write ".*simulate\.yaml": found a file where a folder of the path should be/],
];
for (const [args, says] of WRONG_KINDS) {
  Deno.test(
    `${args.map((arg) => basename(arg)).join(" ")} is refused`,
    inFolder(async (folder) => await assertRefused(args, { folder, says: [says] })),
  );
}

Deno.test(
  "simulate refuses scans that it cannot simulate, and --out for several",
  inFolder(async (folder) => {
    const read = { S: { name: "Full", data: { name: "PtydScan", dfile: PTYD } } };
    const args = ["simulate", writeMoon(folder, { scans: read })];
    await assertRefused(args, { folder, says: [/found loader "PtydScan", expected MoonFlowerScan or QuickScan/] });
    const two = ["simulate", writeMoon(folder, { scans: { A: MOON, B: MOON } }), "-o", join(folder, "x.ptyd")];
    await assertRefused(two, { folder, says: [/found 2 scans \(A, B\) for --out, expected one/] });
  }),
);

const UNSIMULATED: readonly [what: string, data: Record<string, unknown>, says: RegExp][] = [
  ["no pattern", {}, /scans\.S\.data\.xy\.model: found no pattern/],
  ["no light", { energy: 0 }, /scans\.S\.data\.energy: found 0, expected a photon energy in keV above 0/],
  ["an unknown detector", { detector: "PILATUS_7M" }, /scans\.S\.data\.detector: .*PILATUS_6M/],
  [
    "an unknown part of one",
    { detector: { well: 3 } },
    /scans\.S\.data\.detector\.well: found an unknown name, expected one of .*full_well/,
  ],
  ["too much", { xy: { model: "raster", extent: 1, spacing: 1e-3, steps: null } }, /scans\.S\.data\.xy: found/],
];
for (const [what, data, says] of UNSIMULATED) {
  Deno.test(
    `simulate refuses a SimScan of ${what} and writes nothing`,
    inFolder(async (folder) => {
      const scans = { S: { name: "Full", data: { name: "SimScan", shape: 32, ...data } } };
      await assertRefused(["simulate", writeMoon(folder, { scans })], { folder, says: [says] });
    }),
  );
}

for (const args of [["rum"], ["run"], ["run", "a", "b"], ["run", "a.yaml", "--jsn"], ["plot", "a", "--width", "3"]]) {
  Deno.test(`exitwave ${args.join(" ")} says what is wrong and where help is`, async () => {
    const { code, out, err } = await exitwave(args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^exitwave: .+\n(\(Did you mean .*\)\n)?\(add --help for what this command takes\)\n$/);
  });
}

const COMMANDS = ["run", "simulate", "inspect", "plot", "compare", "params", "demo"];

for (const flag of ["-V", "--version"]) {
  Deno.test(`exitwave ${flag} prints the version`, async () => {
    assert.deepEqual(await exitwave([flag]), { code: 0, out: `${VERSION}\n`, err: "" });
  });
}

Deno.test("--help lists every command with what it does; so does help, which explains a command by its name too", async () => {
  const { out } = await exitwave(["--help"]);
  for (const command of COMMANDS) assert.match(out, new RegExp(`^  ${command} .*\\S {2,}[A-Z]`, "m"));
  assert.equal((await exitwave(["help"])).out, out);
  assert.equal((await exitwave(["help", "plot"])).out, (await exitwave(["plot", "--help"])).out);
});

for (const command of COMMANDS) {
  Deno.test(`${command} --help explains the command and every option`, async () => {
    const { code, out, err } = await exitwave([command, "--help"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(out.startsWith(`Usage: exitwave ${command} `), out);
    for (const option of out.matchAll(/^ {2}(-\S.*)$/gm)) assert.match(option[1]!, / {2}\S/);
  });
}

/** Runs a command that must fail with one line that matches, exit code 2, and change nothing but folders. */
async function assertRefused(
  args: readonly string[],
  { folder, says, ...options }: { readonly folder: string; readonly says: readonly RegExp[] } & CallOptions,
): Promise<void> {
  const before = files(folder);
  const { code, out, err } = await exitwave(args, options);
  assert.equal(code, 2, err);
  assert.equal(out, "");
  assert.match(err, /^exitwave: [^\n]+\n$/);
  for (const text of says) assert.match(err.trimEnd(), text);
  assert.deepEqual(files(folder), before);
}

function files(folder: string): string[] {
  return filesBelow(folder).filter((path) => !path.endsWith("/"));
}

/** Mounts a small disk; false where that is not allowed. */
function mount(folder: string, options: string): boolean {
  try {
    const args = ["-t", "tmpfs", "-o", options, "tmpfs", folder];
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function unmount(folder: string): void {
  new Deno.Command("umount", { args: ["-l", folder] }).outputSync();
}

/** Leaves a few kilobytes free. */
function fill(disk: string): void {
  using file = Deno.openSync(join(disk, "filler"), { write: true, create: true });
  const block = new Uint8Array(4096);
  try {
    for (;;) file.writeSync(block);
  } catch {
    // The disk is full now: give a little back, so that a file can at least begin.
    file.truncateSync(file.statSync().size - 8192);
  }
}
