/** Values of files as text for a terminal. */

/** A value of a file in a few characters. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return `"${shortened(printable(value))}"`;
  if (typeof value === "number") return rounded(value);
  if (value === null) return "nothing";
  if (typeof value !== "object") return String(value);
  if ("strings" in value) {
    return shortened(`[${(value.strings as string[]).map((s) => `"${printable(s)}"`).join(", ")}]`);
  }
  if ("data" in value && "shape" in value) {
    const data = value.data as ArrayLike<number | bigint>;
    const numbers = Array.from({ length: Math.min(data.length, 8) }, (_, i) => data[i]!);
    const text = numbers.map((n) => typeof n === "bigint" ? String(n) : rounded(n)).join(", ");
    return `[${text}${data.length > numbers.length ? ", …" : ""}]`;
  }
  if ("re" in value && "im" in value) return `${rounded(value.re as number)} + ${rounded(value.im as number)}i`;
  return shortened(`{${Object.entries(value).map(([key, entry]) => `${key}: ${valueText(entry)}`).join(", ")}}`);
}

/** A length with the unit that suits it. */
export function metres(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 m";
  for (const [factor, unit] of [[1, "m"], [1e-3, "mm"], [1e-6, "um"], [1e-9, "nm"]] as const) {
    if (size >= factor) return `${rounded(value / factor)} ${unit}`;
  }
  return `${rounded(value / 1e-12)} pm`;
}

/** A number with five digits. */
export function rounded(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(5)));
}

/** A number of bytes with a fitting unit. */
export function inBytes(bytes: number): string {
  for (const [factor, unit] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`;
  }
  return `${bytes} bytes`;
}

/** At most sixty characters. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Text from a file must not steer the terminal. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}
