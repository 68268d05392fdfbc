/** The command line as a test sees it: arguments in, exit code, output and files out; and a small run to try it on. */

import { join } from "node:path";
import { main } from "../../cli/main.ts";

/** What a command left. */
export interface Outcome {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** How a command is called. */
export interface CallOptions {
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  /** Is told of every text on standard error. */
  readonly heard?: (text: string) => void;
}

/** Runs the command line in this process. */
export async function exitwave(args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => {
      err += text;
      options.heard?.(text);
    },
    isTerminal: options.isTerminal ?? false,
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

/** The command that starts the command line as a process of its own, with the rights that the README gives it. */
export function exitwaveProcess(args: readonly string[], options: Deno.CommandOptions = {}): Deno.Command {
  const root = join(import.meta.dirname!, "../..");
  const rights = ["--allow-read", "--allow-write", "--allow-env"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", join(root, "deno.json"), ...rights, join(root, "main.ts"), ...args],
    ...options,
  });
}

/** A test in a folder of its own, which is removed afterwards. */
export function inFolder(test: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync({ prefix: "exitwave_" });
    try {
      await test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** All files below a folder, by their paths in it, sorted; folders end in a slash. */
export function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    return isDirectory ? [`${name}/`, ...filesBelow(join(folder, name)).map((path) => `${name}/${path}`)] : [name];
  }).sort();
}

/** Writes a parameter file of a small simulated run, 12 frames of 32 x 32, into `folder`; `changes` go over the top level. */
export function writeMoon(folder: string, changes: Record<string, unknown> = {}): string {
  const tree = {
    run: "moon",
    io: { home: folder, autosave: false, autoplot: false, interaction: false },
    scans: { MF: MOON },
    engines: { engine00: { name: "DM", numiter: 4 }, engine01: { name: "ML", numiter: 2 } },
    ...changes,
  };
  const file = join(folder, "moon.json");
  Deno.writeTextFileSync(file, JSON.stringify(tree));
  return file;
}

/** The scan of `writeMoon`. */
export const MOON = {
  name: "Full",
  data: { name: "MoonFlowerScan", num_frames: 12, shape: 32, save: null, add_poisson_noise: true },
  illumination: { diversity: null, aperture: { form: "circ", size: 5e-6 } },
};

/** `--set` for each override. */
export function overrides(...texts: readonly string[]): string[] {
  return texts.flatMap((text) => ["--set", text]);
}
