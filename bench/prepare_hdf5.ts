/**
 * Preparing a long HDF5 scan: `deno run -A bench/prepare_hdf5.ts [MB] [FOLDER]`, 2000 MB if left out. Makes uint16 frames of 512 x 512 with
 * h5py, prepares them (window of 256 x 256) by Hdf5Loader into scratch, then also into a .ptyd file, and does the latter with h5py: seconds
 * by the clock and of processors (a busy machine slows only the former), and the most memory of each process.
 */

import { join } from "node:path";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { hdf5 } from "../core/loaders/hdf5.ts";
import { hdf5LoaderParams } from "../core/parameters/scandata/hdf5_loader.ts";
import { prepareScan } from "../core/preparation/prepare.ts";
import { createRandom } from "../core/random.ts";
import { print } from "./timing.ts";

const PYTHON = "/usr/bin/python3";
/** Of /proc on Linux. */
const TICKS_PER_SECOND = 100;

const SCRIPT = join(import.meta.dirname!, "prepare_hdf5.py");

if (Deno.args[0] === "--prepare") prepare(Deno.args[1]!, Deno.args[2] ?? null);
else await compare(Number(Deno.args[0] ?? 2000), Deno.args[1] ?? Deno.makeTempDirSync());

async function compare(megabytes: number, folder: string): Promise<void> {
  const scan = join(folder, "scan.h5");
  await run(PYTHON, [SCRIPT, "make", scan, `${megabytes * 1e6}`]);
  const ours = [Deno.execPath(), ["run", "-A", "--no-check", import.meta.filename!, "--prepare", scan]] as const;
  const saved = join(folder, "ours.ptyd");
  const rows: [string, string, string[]][] = [
    ["Hdf5Loader into scratch", ours[0], [...ours[1]]],
    ["Hdf5Loader into .ptyd", ours[0], [...ours[1], saved]],
    ["h5py into the same", PYTHON, [SCRIPT, "prepare", scan, join(folder, "theirs.h5")]],
  ];
  for (const [name, program, args] of rows) {
    const [seconds, cpu, bytes] = (await run(program, args)).trim().split(" ").map(Number);
    print(
      `${name.padEnd(24)} ${seconds!.toFixed(1)} s, ${cpu!.toFixed(1)} s of processors, ` +
        `at most ${(bytes! / 1e6).toFixed(0)} MB`,
    );
  }
  Deno.removeSync(folder, { recursive: true });
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

function prepare(scan: string, dfile: string | null): void {
  const start = performance.now();
  const p = hdf5LoaderParams.parse({
    name: "Hdf5Loader",
    intensities: { file: scan, key: "data" },
    positions: { slow_key: "slow", fast_key: "fast", slow_multiplier: 1e-6, fast_multiplier: 1e-6 },
    shape: 256,
    ...dfile === null ? {} : { dfile, save: "append" },
  });
  using scratch = createScratchFiles();
  prepareScan(hdf5, p, {
    label: "S",
    written: new Set(["shape"]),
    services: { random: createRandom(1), path: (path) => path, log: () => {}, scratch: () => scratch.open() },
    precision: "single",
    now: new Date(),
  });
  const [, peak] = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))!;
  print(`${(performance.now() - start) / 1000} ${cpuSeconds()} ${1024 * Number(peak)}`);
}

/** Of all threads of this process, in user and system mode. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
