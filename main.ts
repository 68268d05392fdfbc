/** Entry of the command line: connects `cli/main.ts` to the process. */

import { main } from "./cli/main.ts";
import { writeError } from "./core/formats/atomic_file.ts";

/** The terminal sends a Ctrl-C to every process, and npx and deno task pass theirs on: what arrives so soon is the same press. */
const SAME_PRESS_MS = 500;

if (import.meta.main) {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  const interruptBy = (name: Deno.Signal) => {
    const interrupt = () => {
      stop.abort();
      // Without a listener the next Ctrl-C ends the process at once, even in the middle of a long computation.
      setTimeout(() => Deno.removeSignalListener(name, interrupt), SAME_PRESS_MS);
    };
    Deno.addSignalListener(name, interrupt);
  };
  const code = await main(Deno.args, {
    out(text) {
      try {
        writeAll(Deno.stdout, encoder.encode(text));
      } catch (e) {
        // A reader that has seen enough, such as `head`, is no mistake.
        if (!(e instanceof Deno.errors.BrokenPipe)) throw writeError("standard output", e);
      }
    },
    err(text) {
      try {
        writeAll(Deno.stderr, encoder.encode(text));
      } catch {
        // There is nobody left to tell.
      }
    },
    ...Deno.stdin.isTerminal() ? { ask: (question: string) => confirm(question) } : {},
    isTerminal: Deno.stderr.isTerminal(),
    signal: stop.signal,
    catchInterrupts: (signals = ["SIGINT"]) => signals.forEach(interruptBy),
  });
  Deno.exit(code);
}

function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
}
