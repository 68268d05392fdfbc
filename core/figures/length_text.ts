/** Numbers and lengths as a reader of a figure wants them. */

const PREFIXES = [["m", 1], ["mm", 1e-3], ["µm", 1e-6], ["nm", 1e-9], ["pm", 1e-12]] as const;

/** A length in metres with a fitting unit and three digits, such as `28.2 nm`. */
export function lengthText(metres: number): string {
  const size = Math.abs(metres);
  if (size === 0) return "0 m";
  const [unit, factor] = PREFIXES.find(([, f]) => size >= 0.9995 * f) ?? PREFIXES.at(-1)!;
  return `${numberText(metres / factor)} ${unit}`;
}

/** Three significant digits without trailing zeros, powers of ten outside of 0.001 to 9999. */
export function numberText(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 9999.5) return String(Number(value.toPrecision(size >= 1000 ? 4 : 3))).replace("-", "−");
  const [digits, power] = value.toExponential(2).split("e");
  return `${String(Number(digits))}·10${superscript(Number(power))}`.replace("-", "−");
}

/** An exponent in raised figures. */
export function superscript(power: number): string {
  return [...String(power)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]).join("");
}

/** The largest of 1, 2, 5 times a power of ten that is at most `limit`; 0 for 0. */
export function roundBelow(limit: number): number {
  if (!(limit > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(limit) + 1e-9);
  const step = [5, 2, 1].find((s) => s * power <= limit * (1 + 1e-9)) ?? 1;
  return Number((step * power).toPrecision(1));
}
