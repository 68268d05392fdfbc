/**
 * A process that uses a local store, to be raced and killed: `store_process.ts FOLDER KEY WORK`. It prints a line when it is
 * ready and goes on when its input ends or has a line; WORK is
 *
 * - `publish:X`: publishes 4 MB of the letter X and prints whether it won
 * - `half:X`: writes half of that, prints `half` and waits for ever
 * - `hold`: fetches, prints the path and waits for ever
 */

import { createLocalArtifacts } from "../../functions/local_artifacts.ts";
import { print } from "../../bench/timing.ts";

const [folder = "", key = "", work = ""] = Deno.args;
const [verb, letter = ""] = work.split(":");
const store = createLocalArtifacts(folder);
const content = new TextEncoder().encode(letter.repeat(4 << 20));
const forEver = new Promise<never>(() => setInterval(() => {}, 1e6));

print("ready");
Deno.stdin.readSync(new Uint8Array(1));
if (verb === "hold") {
  using artifact = await store.fetch(key);
  print(artifact?.path ?? "nothing");
  await forEver;
} else {
  const won = await store.publish(key, async (path) => {
    if (verb === "half") {
      Deno.writeFileSync(path, content.subarray(0, content.length / 2));
      print("half");
      await forEver;
    }
    // In pieces, so that a kill finds one half written.
    using file = Deno.openSync(path, { write: true, createNew: true });
    for (let at = 0; at < content.length; at += 1 << 16) file.writeSync(content.subarray(at, at + (1 << 16)));
  });
  print(String(won));
}
