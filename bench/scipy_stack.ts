/** scipy.fft.fft2 of a stack of frames, on demand: a Python process that waits for the next turn. */

const PROGRAM = `
import sys, time
import numpy as np
import scipy.fft
frames, size, workers = (int(v) for v in sys.argv[1:])
stack = (np.random.rand(frames, size, size) + 1j * np.random.rand(frames, size, size)).astype(np.complex64)
scipy.fft.fft2(stack, workers=workers)
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    scipy.fft.fft2(stack, workers=workers)
    print(1000 * (time.perf_counter() - start), flush=True)
`;

/** The process. */
export interface ScipyStack extends Disposable {
  /** Transforms the stack once. */
  milliseconds(): Promise<number>;
}

/** Starts it, warmed up; null where there is no python3 with scipy. */
export async function startScipy(
  { frames, size, threads }: { readonly frames: number; readonly size: number; readonly threads: number },
): Promise<ScipyStack | null> {
  const process = spawn([frames, size, threads].map(String));
  if (process === null) return null;
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = process.stdin.getWriter();
  async function nextLine(): Promise<string> {
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await lines.read();
      if (done) return "";
      line += value;
    }
    return line.trim();
  }
  if (await nextLine() !== "ready") return null;
  return {
    async milliseconds() {
      await writer.write(new TextEncoder().encode("\n"));
      return Number(await nextLine());
    },
    [Symbol.dispose]: () => process.kill(),
  };
}

function spawn(args: readonly string[]): Deno.ChildProcess | null {
  try {
    const command = new Deno.Command("/usr/bin/python3", {
      args: ["-c", PROGRAM, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    });
    return command.spawn();
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) return null;
    throw e;
  }
}
