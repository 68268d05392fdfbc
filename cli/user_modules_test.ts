/** Loaders of the user's own: with his word and never without, and what they do wrong is said. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openPtyd } from "../core/formats/ptyd.ts";
import { exitwave, filesBelow, inFolder } from "../tests/end_to_end/command_line.ts";
import { main } from "./main.ts";

/** About a micrometre, exact in binary. */
const STEP = 2 ** -20;

/** A loader of `count` frames of 4 x 4, with a value of its own at every pixel. */
const LOADER = `
export function open({ count, step }, services) {
  services.log("opened " + services.data.label);
  return {
    numFrames: count,
    positions: Float64Array.from({ length: 2 * count }, (_, i) => step * (i % 2 ? i : -i)),
    found: { energy: 8, distance: 2, psize: 5e-5, center: [2, 2] },
    frames(start, stop) {
      const data = Float64Array.from({ length: 16 * (stop - start) }, (_, i) => 16 * start + i);
      return { data: { dtype: "float64", shape: [stop - start, 4, 4], data } };
    },
  };
}
`;

function write(folder: string, { code = LOADER, name = "./mine.ts" }: { code?: string; name?: string } = {}): string {
  // A module is imported once by its name.
  Deno.writeTextFileSync(join(folder, "mine.ts"), code);
  const data = { name, parameters: { count: 3, step: STEP } };
  const file = join(folder, "p.json");
  Deno.writeTextFileSync(file, JSON.stringify({ io: { home: folder }, scans: { A: { name: "Full", data } } }));
  return file;
}

Deno.test(
  "a loader in a .ts file prepares frames, once it is allowed to run",
  inFolder(async (folder) => {
    const file = write(folder);
    const { code, out, err } = await exitwave(["prepare", file, "--allow-modules"]);
    assert.equal(code, 0, err);
    assert.match(out, /^A: 3 frames of 4 x 4\n/);
    using scan = openPtyd(join(folder, "p_A.ptyd"));
    assert.deepEqual([scan.meta.energy, scan.meta.distance, scan.meta.psize], [8, 2, [5e-5, 5e-5]]);
    assert.deepEqual(
      Array.from(scan.frames(1, 2).data.data as Int32Array),
      Array.from({ length: 16 }, (_, i) => 16 + i),
    );
    assert.deepEqual(Array.from(scan.positions.subarray(2)), [-2, 3, -4, 5].map((n) => n * STEP));
    const looked = await exitwave(["inspect", file, "--allow-modules"]);
    assert.match(looked.out, /loader {5}ModuleScan of ".\/mine.ts"/);
    const dry = await exitwave(["run", file, "--dry-run", "--allow-modules", "--device", "reference"]);
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out, /frames {4}3 of 4 x 4/);
  }),
);

Deno.test(
  "a loader in a .ts file is not even imported without its user's word, and runs once he gave it",
  inFolder(async (folder) => {
    const file = write(folder, {
      code: `Deno.writeTextFileSync(${JSON.stringify(join(folder, "ran"))}, "");${LOADER}`,
    });
    const before = filesBelow(folder);
    const refused = await exitwave(["prepare", file]);
    assert.deepEqual([refused.code, filesBelow(folder)], [2, before]);
    assert.match(refused.err, /scans\.A\.data\.name: found code in ".*mine\.ts", expected your word.*--allow-modules/);
    const questions: string[] = [];
    const asked = async (answer: boolean): Promise<number> => {
      const signal = new AbortController().signal;
      const ask = (question: string) => {
        questions.push(question);
        return answer;
      };
      return await main(["prepare", file], { out: () => {}, err: () => {}, isTerminal: false, signal, ask });
    };
    assert.deepEqual([await asked(false), filesBelow(folder)], [2, before]);
    assert.equal(await asked(true), 0);
    assert.ok(filesBelow(folder).includes("ran"));
    assert.match(questions[0]!, /scan A is loaded by code in ".*mine\.ts", which would run with all rights/);
  }),
);

const BAD: readonly [string, string, RegExp][] = [
  ["exports no open", "export const close = 1;", /found exports close, expected open\(p, services\)/],
  ["cannot be parsed", "export function open( {", /Cannot load by ".*mine\.ts": found /],
  ["throws", `export function open() { throw new Error("no such motor"); }`, /its open\(\) failed: no such motor/],
  [
    "is async",
    LOADER.replace("export function", "export async function"),
    /gave a promise, expected a scan: open\(\) must not be async/,
  ],
  ["has no frames", "export const open = () => ({ numFrames: 3 });", /gave no function frames\(start, stop\)/],
  ["counts no frames", "export const open = () => ({ numFrames: 0 });", /gave numFrames 0/],
  [
    "gives frames of another shape",
    LOADER.replace("4, 4]", "16]"),
    /gave frames\(0, 1\) of shape \(1,16\) with 16 values/,
  ],
  ["gives too few positions", LOADER.replace("2 * count }", "2 }"), /found 1 positions for 3 frames/],
];

for (const [what, code, message] of BAD) {
  Deno.test(
    `a module that ${what} is refused, and nothing is left`,
    inFolder(async (folder) => {
      const file = write(folder, { code });
      const before = filesBelow(folder);
      const { code: exit, err } = await exitwave(["prepare", file, "--allow-modules"]);
      assert.deepEqual([exit, message.test(err)], [2, true], err);
      assert.deepEqual(filesBelow(folder), before);
    }),
  );
}

Deno.test(
  "a module that is not there is missed by its path, and an address is none",
  inFolder(async (folder) => {
    for (const name of ["./none.ts", "https://example.org/loader.ts"]) {
      const { code, err } = await exitwave(["prepare", write(folder, { name }), "--allow-modules"]);
      assert.equal(code, 2);
      assert.match(err, /found no such file, expected a module that exports open\(\)/);
    }
  }),
);
