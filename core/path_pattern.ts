/** File name patterns in the style of the parameter tree, such as `recons/%(run)s/%(run)s_%(engine)s_%(iterations)04d.ptyr`. */

import { ParameterError } from "./errors.ts";

/** Values that a pattern may name. */
export type PatternValues = Readonly<Record<string, string | number>>;

const FIELD = /%(?:%|\((\w*)\)([-0+ ]*)(\d*)(?:\.(\d+))?([a-zA-Z]?)|)/g;

/**
 * Fills `%(name)s`, `%(name)d`, `%(name)04d`, `%(name).3f` from `values`; `%%` is a percent sign.
 *
 * @throws {ParameterError} naming `path` if the pattern names an unknown value or asks for a form that it cannot have
 */
export function formatPattern(pattern: string, values: PatternValues, path: string): string {
  const refuse = (message: string): never => {
    throw new ParameterError([{ path, message: `Cannot fill pattern "${pattern}": ${message}` }]);
  };
  return pattern.replaceAll(FIELD, (all, name: string | undefined, flags = "", width = "", digits = "", form = "") => {
    if (all === "%%") return "%";
    if (all === "%") return refuse('found a "%" that begins no %(name)s, expected "%%" for a percent sign');
    const value = values[name ?? ""];
    if (value === undefined) {
      return refuse(`found %(${name}), expected one of ${Object.keys(values).sort().join(", ")}`);
    }
    const text = formatValue(value, form, digits) ??
      refuse(`found "${all}", expected s for text, or d or f for a number`);
    return pad(text, flags, Number(width || 0));
  });
}

/**
 * Fills `%d`, `%04d` and the like from whole numbers, in their order; `%%` is a percent sign.
 *
 * @throws {ParameterError} naming `path` if the pattern has not as many places as there are numbers, or others
 */
export function fillNumbers(pattern: string, numbers: readonly number[], path: string): string {
  let next = 0;
  const text = pattern.replaceAll(/%(?:%|([-0+ ]*)(\d*)[di]|)/g, (all, flags: string = "", width: string = "") => {
    if (all === "%%") return "%";
    const value = numbers[next++];
    return all === "%" || value === undefined ? all : pad(value.toFixed(0), flags, Number(width || 0));
  });
  if (next === numbers.length) return text;
  const message =
    `found pattern "${pattern}", expected places for ${numbers.length} whole numbers, such as "%04d_%04d"`;
  throw new ParameterError([{ path, message }]);
}

function formatValue(value: string | number, form: string, digits: string): string | undefined {
  if (form === "s") return String(value);
  if (typeof value !== "number") return undefined;
  if (form === "d" || form === "i") return Math.trunc(value).toString();
  if (form === "f") return value.toFixed(digits === "" ? 6 : Number(digits));
  return undefined;
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = text.startsWith("-") ? "-" : "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
