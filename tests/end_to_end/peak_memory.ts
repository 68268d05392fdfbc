/** The command line as a program that ends by telling the most memory it ever held, in kB, on standard error. Linux only. */

import { main } from "../../cli/main.ts";

const encoder = new TextEncoder();
const code = await main(Deno.args, {
  out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
  err: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
  isTerminal: false,
  signal: new AbortController().signal,
});
const [peak] = /VmHWM:\s+\d+/.exec(Deno.readTextFileSync("/proc/self/status"))!;
Deno.stderr.writeSync(encoder.encode(`${peak}\n`));
Deno.exit(code);
