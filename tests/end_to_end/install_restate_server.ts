/** Installs the Restate server that the tests use, from npm, unless it is there. */

import { join } from "node:path";
import { RESTATE_FOLDER, RESTATE_PACKAGE, RESTATE_VERSION } from "./restate_server.ts";

if (import.meta.main) {
  Deno.mkdirSync(RESTATE_FOLDER, { recursive: true });
  Deno.writeTextFileSync(join(RESTATE_FOLDER, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${RESTATE_PACKAGE}@${RESTATE_VERSION}`];
  const { code } = await new Deno.Command("npm", { args, cwd: RESTATE_FOLDER }).spawn().status;
  Deno.exit(code);
}
