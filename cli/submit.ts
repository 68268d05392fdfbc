/** `exitwave submit`: a reconstruction, a simulation or a sweep at a server. */

import { basename } from "node:path";
import { Command } from "commander";
import { ParameterError } from "../core/errors.ts";
import { readError } from "../core/formats/hdf5_signature.ts";
import { applyOverrides, loadParameterFile } from "../core/parameter_file.ts";
import type { Json } from "../core/json.ts";
import type { LinkedBatch } from "../functions/api/batches.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { type ApiClient, createApiClient, withServerOption } from "./api_client.ts";
import type { CliIo } from "./command.ts";
import { collect } from "./open_run.ts";
import { type WaitFlags, watchRun, withWaitOptions } from "./watch.ts";

interface SubmitFlags extends WaitFlags {
  readonly set?: readonly string[];
  readonly upload?: readonly string[];
  readonly vary?: readonly string[];
  readonly zip?: true;
  readonly name?: string;
  readonly key?: string;
  readonly simulate?: true;
  readonly wait?: true;
}

/** Declares the command; with `--wait`, `exit.code` says how the run ended. */
export function submitCommand(io: CliIo, exit: { code: number }): Command {
  const command = new Command("submit")
    .description(
      "Submit a parameter file to a server, and print the id of the run. The file is read here; the paths in it are the server's, " +
        "below its data root.",
    )
    .argument("<file>", "parameter file, JSON or YAML")
    .option("--set <path=value>", "override a parameter, such as engines.engine00.numiter=50; may be repeated", collect)
    .option(
      "--upload <path=file>",
      "send a file of this machine and set the parameter to it, such as scans.MF.data.dfile=scan.ptyd; may be repeated",
      collect,
    )
    .option(
      "--vary <path=list>",
      "a run for each value, such as engines.engine00.alpha=[0.8, 1]; may be repeated: every value with every other",
      collect,
    )
    .option("--zip", "of several --vary, take the first of each, the second of each and so on")
    .option("--name <name>", "name of the run in file names, where the file has none")
    .option("--key <text>", "submitted again with the same key and content, the run is the same")
    .option("--simulate", "simulate the scans instead of reconstructing them")
    .option("--wait", "show progress until the run has ended");
  return withWaitOptions(withServerOption(command))
    .action((file: string, flags: SubmitFlags) => submit(file, { flags, io, exit }));
}

async function submit(
  file: string,
  { flags, io, exit }: { readonly flags: SubmitFlags; readonly io: CliIo; readonly exit: { code: number } },
): Promise<void> {
  checkFlags(flags);
  const client = createApiClient(flags);
  const vary = flags.vary === undefined ? null : Object.fromEntries(flags.vary.map(listOf));
  const tree = applyOverrides(loadParameterFile(file), flags.set ?? []);
  const parameters = applyOverrides(tree, await uploadAll(client, flags.upload ?? []));
  const shared = { parameters, ...(flags.name === undefined ? {} : { name: flags.name }) };
  const headers = { "idempotency-key": flags.key ?? crypto.randomUUID() };
  if (vary !== null) {
    const json = { ...shared, vary, combine: flags.zip ? "zip" : "product" };
    return say(await client.call<LinkedBatch>("POST", "/v1/batches", { headers, json }), { io, flags });
  }
  const path = flags.simulate ? "/v1/simulations" : "/v1/runs";
  const run = await client.call<LinkedRun>("POST", path, { headers, json: shared });
  if (!flags.wait) return say(run, { io, flags });
  io.err(`submitted ${run.id}\n`);
  await watchRun(client, { id: run.id, io, exit, flags });
}

/** @throws {ParameterError} for options that have nothing to act on */
function checkFlags({ vary, zip, simulate, wait, out, quiet }: SubmitFlags): void {
  const idle: [boolean, string, string][] = [
    [zip === true && vary === undefined, "--zip", "--vary"],
    [out !== undefined && !wait, "--out", "--wait"],
    [quiet === true && !wait, "--quiet", "--wait"],
  ];
  const issues = idle.filter(([isIdle]) => isIdle).map(([, option, needed]) => {
    return { path: option, message: `found it without ${needed}, expected both` };
  });
  for (const [isGiven, option] of [[wait, "--wait"], [simulate, "--simulate"]] as const) {
    if (!isGiven || vary === undefined) continue;
    issues.push({
      path: option,
      message: "found it beside --vary, which submits a batch of reconstructions; expected one of them",
    });
  }
  if (issues.length > 0) throw new ParameterError(issues);
}

function say(
  submitted: LinkedRun | LinkedBatch,
  { io, flags }: { readonly io: CliIo; readonly flags: SubmitFlags },
): void {
  io.out(flags.json ? `${JSON.stringify(submitted)}\n` : `${submitted.id}\n`);
}

/** Sends files. @returns overrides that name them */
async function uploadAll(client: ApiClient, uploads: readonly string[]): Promise<string[]> {
  const overrides: string[] = [];
  for (const upload of uploads) {
    const [path, file] = splitAt(upload, "--upload");
    const name = basename(file).replaceAll(/[^A-Za-z0-9._-]/g, "_").replace(/^\./, "_").slice(-100);
    const { reference } = await client.call<{ reference: string }>("POST", `/v1/uploads?name=${name}`, {
      headers: { "content-type": "application/octet-stream" },
      bytes: openFile(file),
    });
    overrides.push(`${path}=${reference}`);
  }
  return overrides;
}

function openFile(path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  try {
    return Deno.openSync(path, { read: true }).readable;
  } catch (error) {
    throw readError(path, error);
  }
}

/** A path and its list of values. */
function listOf(option: string): [string, readonly Json[]] {
  const [path, text] = splitAt(option, "--vary");
  const { values } = applyOverrides({}, [`values=${text}`]);
  if (Array.isArray(values)) return [path, values];
  throw new ParameterError([{ path: "--vary", message: `found "${option}", expected a list such as ${path}=[1, 2]` }]);
}

function splitAt(option: string, name: string): [string, string] {
  const at = option.indexOf("=");
  if (at > 0 && at < option.length - 1) return [option.slice(0, at), option.slice(at + 1)];
  throw new ParameterError([{ path: name, message: `found "${option}", expected a parameter, = and a value` }]);
}
