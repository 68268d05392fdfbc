/** The flags of `exitwave schedule add` as the content of a schedule; what values are allowed is the server's to say. */

import { ParameterError, type ParameterIssue } from "../core/errors.ts";
import { loadParameterFile } from "../core/parameter_file.ts";

/** Flags that make a schedule. */
export interface ScheduleFlags {
  readonly cron?: string;
  readonly timezone?: string;
  readonly prefix?: string;
  readonly pattern?: string;
  readonly settle?: string;
  readonly poll?: string;
  readonly existing?: string;
  readonly into?: string;
  readonly parameters?: string;
  readonly parametersFile?: string;
  readonly set?: readonly string[];
  readonly missed?: string;
  readonly overlap?: string;
  readonly limit?: string;
  readonly disabled?: true;
}

/**
 * The content of a schedule as flags say it. What was not said is left to the server.
 *
 * @throws {ParameterError} for flags that do not go together @throws {DataError} if the parameter file cannot be read
 */
export function readNewSchedule(flags: ScheduleFlags): Record<string, unknown> {
  const issues: ParameterIssue[] = [];
  const isFor = (flags.cron !== undefined ? 1 : 0) + (flags.prefix !== undefined ? 1 : 0);
  if (isFor !== 1) issues.push({ path: "schedule", message: "expected one of --cron and --prefix" });
  if ((flags.parameters === undefined) === (flags.parametersFile === undefined)) {
    issues.push({ path: "schedule", message: "expected one of --parameters and --parameters-file" });
  }
  const set = valuesOf(flags.set ?? [], issues);
  const { cron, timezone, prefix, pattern, existing, into, missed, overlap } = flags;
  const [settle, poll, limit] = (["settle", "poll", "limit"] as const).map((name) => numberOf(name, { flags, issues }));
  if (issues.length > 0) throw new ParameterError(issues);
  const parameters = flags.parameters === undefined ? undefined : loadParameterFile(flags.parameters);
  // What JSON leaves out was not said; what does not go together the server refuses.
  return {
    trigger: { cron, timezone, prefix, pattern, settle, poll, existing, into },
    run: { parameters, parameters_file: flags.parametersFile, set },
    missed,
    overlap,
    limit,
    enabled: flags.disabled !== true,
  };
}

function numberOf(
  name: "settle" | "poll" | "limit",
  { flags, issues }: { flags: ScheduleFlags; issues: ParameterIssue[] },
): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  issues.push({ path: `--${name}`, message: `found "${text}", expected a number` });
  return undefined;
}

/** Values are JSON where they can be, else texts. */
function valuesOf(settings: readonly string[], issues: ParameterIssue[]): Record<string, unknown> {
  const entries = settings.map((setting): [string, unknown] => {
    const at = setting.indexOf("=");
    if (at < 1) issues.push({ path: "--set", message: `found "${setting}", expected path=value` });
    const text = setting.slice(at + 1).trim();
    try {
      return [setting.slice(0, at).trim(), JSON.parse(text)];
    } catch {
      return [setting.slice(0, at).trim(), text];
    }
  });
  return Object.fromEntries(entries);
}
