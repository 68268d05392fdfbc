/** `exitwave token`: makes, lists and revokes the tokens that a server asks for. */

import { Command, InvalidArgumentError } from "commander";
import { DataError } from "../core/errors.ts";
import { type Role, ROLES } from "../functions/guard/roles.ts";
import { createToken, listTokens, revokeToken } from "../functions/guard/tokens.ts";
import { loadServerConfig } from "../functions/server_config.ts";
import type { CliIo } from "./command.ts";
import { collect } from "./open_run.ts";

interface ServerFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Declares the command. */
export function tokenCommand(io: CliIo): Command {
  const command = new Command("token").description(
    "Make, list and revoke the tokens that `exitwave serve` asks for, once there are any. A running server knows of changes at once.",
  );
  const add = (name: string, description: string) =>
    command.command(name).description(description)
      .option("--config <file>", "configuration of the server (default: as `exitwave serve` without one)")
      .option("--set <path=value>", "override a setting, such as access.tokens=FILE; may be repeated", collect);
  add("create", "Make a token and print it, once: only its hash is kept.")
    .argument("<name>", "who will use it; letters, digits, dots, dashes and underscores")
    .requiredOption("--role <role>", `${ROLES.join(", ")}: look; also start work; everything`, parseRole)
    .option("--days <days>", "days until it ends (default: never)", parseDays)
    .action((name: string, flags: ServerFlags & { role: Role; days?: number }) => {
      const now = new Date();
      const expires = flags.days === undefined ? null : new Date(now.getTime() + flags.days * DAY);
      io.out(`${createToken(fileOf(flags), { name, role: flags.role, expires, now })}\n`);
      io.err("keep it: it is not shown again; send it as EXITWAVE_TOKEN, or as the header Authorization: Bearer ...\n");
    });
  add("list", "List tokens by name; what they are is not known any more.").action((flags: ServerFlags) => {
    const file = fileOf(flags);
    const tokens = listTokens(file);
    if (tokens.length === 0) io.err(`no tokens in ${file}\n`);
    const now = new Date().toISOString();
    for (const { name, role, created, expires } of tokens) {
      const end = expires === null ? "never ends" : `${expires <= now ? "ended" : "ends"} ${expires}`;
      io.out(`${name.padEnd(20)} ${role.padEnd(7)} made ${created}  ${end}\n`);
    }
  });
  add("revoke", "Make a token worthless at once.").argument("<name>", "name of the token")
    .action((name: string, flags: ServerFlags) => {
      revokeToken(fileOf(flags), name);
      io.err(`"${name}" is revoked\n`);
    });
  return command;
}

const DAY = 24 * 3600 * 1000;

function fileOf({ config, set }: ServerFlags): string {
  return loadServerConfig(config ?? null, set ?? []).access.tokens;
}

function parseRole(text: string): Role {
  const role = ROLES.find((role) => role === text);
  if (role !== undefined) return role;
  throw new InvalidArgumentError(`Found "${text}", expected one of ${ROLES.join(", ")}.`);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (text.trim() !== "" && days > 0 && days <= 36500) return days;
  throw new DataError(`Cannot create a token: found --days ${text}, expected a number above 0, at most 36500`);
}
