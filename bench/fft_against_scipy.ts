/**
 * The generated transform against scipy.fft.fft2 in turns, so that a busy machine slows both:
 * `deno run -A bench/fft_against_scipy.ts [--json] [--double] [--smooth] [SIZE ...]`. `--smooth` takes every size from 64 to 1024 that
 * has the factors 2, 3, 5 and 7 only. Needs /usr/bin/python3 with scipy.
 */

import { framesOf, prepareFft, SIZES } from "./fft.ts";
import { median, print } from "./timing.ts";

const ROUNDS = 7;
const SECONDS = 0.05;

const precision = Deno.args.includes("--double") ? "double" : "single";
const given = Deno.args.filter((arg) => !arg.startsWith("--")).map(Number);
const sizes = given.length > 0 ? given : Deno.args.includes("--smooth") ? smoothSizes(64, 1024) : SIZES;

using scipy = startScipy(precision === "double");
const records = [];
for (const size of sizes) {
  const ours = prepareFft(size, precision);
  const pairs = [];
  for (let round = 0; round < ROUNDS; round++) {
    pairs.push({ wasm: ours.nsPerPoint(SECONDS), scipy: await scipy.nsPerPoint(size) });
  }
  const record = {
    size,
    precision,
    wasm: median(pairs.map((p) => p.wasm)),
    scipy: median(pairs.map((p) => p.scipy)),
    ratio: median(pairs.map((p) => p.scipy / p.wasm)),
  };
  records.push(record);
  print(
    Deno.args.includes("--json")
      ? JSON.stringify(record)
      : `${size}: wasm ${record.wasm.toFixed(2)}, scipy ${record.scipy.toFixed(2)} ns per point, ratio ${
        record.ratio.toFixed(2)
      }`,
  );
}
const worst = records.toSorted((a, b) => a.ratio - b.ratio)[0];
if (worst !== undefined && !Deno.args.includes("--json")) {
  print(`Least ratio of ${records.length} sizes: ${worst.ratio.toFixed(2)} at ${worst.size}`);
}

function smoothSizes(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((size) => {
    let rest = size;
    for (const p of [2, 3, 5, 7]) while (rest % p === 0) rest /= p;
    return rest === 1;
  });
}

/** A Python process that measures on demand. */
function startScipy(double: boolean) {
  const script = new URL("./compare_scipy.py", import.meta.url).pathname;
  const args = [script, "--serve", ...(double ? ["--double"] : [])];
  const process = new Deno.Command("/usr/bin/python3", { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = process.stdin.getWriter();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async nsPerPoint(size: number): Promise<number> {
      await writer.write(new TextEncoder().encode(`${size} ${framesOf(size)} ${SECONDS}\n`));
      let line = "";
      while (!line.endsWith("\n")) line += (await reader.read()).value ?? "\n";
      return JSON.parse(line).nsPerPoint;
    },
    [Symbol.dispose]: () => process.kill(),
  };
}
