/** The commands of docs/operations.md, run as they stand: all but those that it says are not. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow, inFolder } from "../end_to_end/command_line.ts";
import { freePorts } from "../end_to_end/restate_server.ts";
import { PACKAGES } from "../end_to_end/served_process.ts";
import { ROOT, textOf } from "./infra_files.ts";

/** Ports that the page names. */
const PORTS = ["8642", "8651", "8652"];

/** What comes before a block that is not run, up to it. */
const NOT_RUN = /\*\*Not run here\*\*|\*\*Not run here[.:]\*\*/;

/** Blocks of shell commands, and whether they are run. */
function blocks(): { readonly text: string; readonly isRun: boolean }[] {
  const parts = textOf("docs/operations.md").split(/^(?=## )/m);
  return parts.flatMap((section) => {
    const found = [...section.matchAll(/((?:(?!```)[\s\S])*)```(\w*)\n([\s\S]*?)```/g)];
    return found.filter(([, , language]) => language === "sh")
      .map(([, before, , text]) => ({ text: text!, isRun: !NOT_RUN.test(before!) }));
  });
}

Deno.test("most of what docs/operations.md tells to do up to workers is run", () => {
  assert.deepEqual(blocks().map(({ isRun }) => isRun), [
    false,
    true,
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test(
  "the commands of docs/operations.md do what it says, in its order",
  inFolder(async (folder) => {
    const ports = freePorts(PORTS.length);
    const here = (text: string) => PORTS.reduce((text, port, i) => text.replaceAll(port, String(ports[i])), text);
    const script = blocks().filter(({ isRun }) => isRun).map(({ text }) => here(text)).join("\n");
    const rights = "--allow-read --allow-write --allow-env --allow-net=127.0.0.1";
    const exitwave = `deno run --quiet --no-check --config "${ROOT}/deno.json" ${rights} "$EXITWAVE_MAIN"`;
    // The usual port is one that the page leaves out.
    const prologue = `set -euo pipefail
# As at a prompt: %1 is the command with all that it started.
set -m
exitwave() {
  case "$1 $*" in
    "serve "*listen* | "serve "*server.yaml*) ${exitwave} "$@" ;;
    "serve "*) ${exitwave} "$@" --set listen.port=${ports[0]} ;;
    *) ${exitwave} "$@" ;;
  esac
}
trap 'for job in $(jobs -p); do kill -- -$job 2>/dev/null || true; done' EXIT
`;
    const file = join(folder, "commands.sh");
    const work = join(folder, "work");
    Deno.mkdirSync(work);
    const least = here('"$app/main.ts" serve &');
    assert.ok(script.includes(least));
    Deno.writeTextFileSync(
      file,
      prologue + script.replace(least, `"$app/main.ts" serve --set listen.port=${ports[0]} &`),
    );
    // Its own limit, so that what it started ends with it.
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["600", "bash", file],
      cwd: work,
      env: {
        EXITWAVE_MAIN: join(ROOT, "main.ts"),
        EXITWAVE_PACKAGES: PACKAGES,
        EXITWAVE_SERVER: `http://127.0.0.1:${ports[0]}`,
      },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    const files = filesBelow(work);
    for (const name of ["moon.png", "recons/moon/moon_DM_0020.ptyr", "recons/card/card_DM_0020.ptyr", "results/"]) {
      assert.ok(files.includes(name), `${name} is not among ${files.filter((file) => !file.includes("artifacts"))}`);
    }
    assert.match(said, /\bserved\b[\s\S]*\btokens\b/);
  }),
);
