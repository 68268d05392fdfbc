/** The commands that start processes in infra/, run: they come up with the rights that they have there, ask for tokens, and stop when told. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createToken } from "../../functions/guard/tokens.ts";
import { inFolder } from "../end_to_end/command_line.ts";
import { freePorts } from "../end_to_end/restate_server.ts";
import { PACKAGES, waitForAddress } from "../end_to_end/served_process.ts";
import { ROOT, type StartCommand, startCommands, textOf } from "./infra_files.ts";

const COMMANDS = startCommands();

/** What is the same in all of them, in its order: they differ in whom they may reach, and in what they do. */
const BASE = baseOf(COMMANDS[0]!.command);

Deno.test("all commands are the one of the documentation, but for the addresses that they may reach", () => {
  assert.equal(COMMANDS.length, 2 + 3 + 3);
  for (const { where, command } of COMMANDS) {
    assert.deepEqual(baseOf(command), BASE, where);
    assert.ok(
      !command.some((argument) => /^(-A|--allow-all|--allow-run|--allow-ffi|--allow-sys)/.test(argument)),
      where,
    );
  }
  const documented = textOf("docs/operations.md").replaceAll(/\s*\\\n\s*/g, " ").replaceAll(/["']/g, "");
  assert.ok(documented.includes(BASE.join(" ")), BASE.join(" "));
});

for (const start of COMMANDS) {
  Deno.test(
    `${start.where}: its command serves, to those with a token, and stops in order`,
    inFolder((folder) => run(start, folder)),
  );
}

async function run({ command, config }: StartCommand, folder: string): Promise<void> {
  const [port] = freePorts(1);
  const places: Readonly<Record<string, string>> = {
    "/app": ROOT,
    "/data": join(folder, "data"),
    "/state": join(folder, "state"),
    "/etc/exitwave": join(folder, "etc"),
  };
  const here = (text: string): string =>
    text.replaceAll("0.0.0.0:8642", `127.0.0.1:${port}`)
      .replaceAll(/(?<=^|[=, ])(\/app|\/data|\/state|\/etc\/exitwave)(?=$|[/, ])/gm, (place) => places[place]!);
  for (const name of ["data", "etc"]) Deno.mkdirSync(join(folder, name));
  const token = createToken(join(folder, "etc/tokens.json"), {
    name: "t",
    role: "read",
    expires: null,
    now: new Date(),
  });
  const settings = config.replace("0.0.0.0", "127.0.0.1").replace("8642 }", `${port} }`);
  Deno.writeTextFileSync(join(folder, "etc/server.yaml"), here(settings));
  const [program, ...args] = command.map(here);
  assert.equal(program, "deno");
  const process = new Deno.Command(Deno.execPath(), {
    // In an image packages lie below /app.
    args: args.map((argument) => argument.startsWith("--allow-read=") ? `${argument},${PACKAGES}` : argument),
    env: { EXITWAVE_S3_ACCESS_KEY: "a", EXITWAVE_S3_SECRET_KEY: "s", EXITWAVE_WORKER_TOKEN: token },
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { address, log, ended } = waitForAddress(process);
  try {
    assert.equal(await address, `http://127.0.0.1:${port}`);
    const status = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${await address}${path}`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status("/healthz"), 200);
    assert.equal(await status("/v1/nothing"), 401);
    assert.equal(await status("/v1/nothing", { authorization: `Bearer ${token}` }), 404);
    process.kill("SIGTERM");
    assert.equal(await ended, 0, log());
    assert.match(log(), /stopped/);
  } finally {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await ended;
  }
}

/** A command without the addresses that it may reach, and without what it does. */
function baseOf(command: readonly string[]): string[] {
  const end = command.indexOf("/app/main.ts");
  return command.slice(0, end + 1).filter((argument) => !argument.startsWith("--allow-net="));
}
