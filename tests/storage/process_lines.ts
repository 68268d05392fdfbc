/** A process that a test talks to line by line. */

/** A running process; it is killed by `stop`. */
export interface LineProcess {
  readonly pid: number;
  /** Writes a line to its input. */
  say(line: string): Promise<void>;
  /** The next line of its output. @throws {Error} with what it wrote to standard error if its output has ended */
  line(): Promise<string>;
  /** Kills it (SIGKILL) if it still runs, and waits for its end. */
  stop(): Promise<void>;
  /** Closes its input and waits for its end. */
  end(): Promise<void>;
}

/** Starts a program. */
export function startLines(program: string, args: readonly string[]): LineProcess {
  const command = new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" });
  const child = command.spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  let text = "";
  const finish = async (): Promise<void> => {
    await child.status;
    await errors;
    await input.close().catch(() => {}); // Closed already, or broken by the kill.
    await output.cancel();
  };
  return {
    pid: child.pid,
    say: (line) => input.write(new TextEncoder().encode(`${line}\n`)),
    async line() {
      while (!text.includes("\n")) {
        const { value, done } = await output.read();
        if (done) throw new Error(`Cannot read a line: ${program} ended, saying "${text}${await errors}"`);
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
    async stop() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await finish();
    },
    async end() {
      await input.close();
      await finish();
    },
  };
}
