/** The few lines that write SVG: elements as text, attributes escaped. */

/** Attributes of an element; undefined ones are left out, numbers are rounded to hundredths of a unit. */
export type SvgAttributes = Readonly<Record<string, string | number | undefined>>;

/** Font of all figures; `renderPng` brings it along. */
export const FIGURE_FONT = "DejaVu Sans";

/** Ink of text and axes. */
export const INK = "#1a1a1a";
/** Ink of what should stay in the background. */
export const FAINT_INK = "#6b6b6b";

/** One element. `content` is SVG text, such as other elements; see `label` for plain text. */
export function element(name: string, attributes: SvgAttributes, content = ""): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value!)}"`)
    .join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** Text at a point; attributes override the style. */
export function label(text: string, at: { x: number; y: number; size: number } & SvgAttributes): string {
  const { x, y, size, ...rest } = at;
  return element("text", { x, y, "font-size": size, fill: INK, ...rest }, escaped(text));
}

/** Elements moved by (x, y). */
export function group(at: { x: number; y: number }, content: readonly string[]): string {
  return element("g", { transform: `translate(${rounded(at.x)} ${rounded(at.y)})` }, content.join("\n"));
}

/** A whole document on white. */
export function svgDocument(size: { width: number; height: number }, content: readonly string[]): string {
  const { width, height } = size;
  return element("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${rounded(width)} ${rounded(height)}`,
    "font-family": `${FIGURE_FONT}, sans-serif`,
  }, ["", element("rect", { width, height, fill: "#ffffff" }), ...content, ""].join("\n"));
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
