/** Turns an SVG figure into PNG bytes, with the same font on every machine. */

import { initWasm, Resvg } from "@resvg/resvg-wasm";
// Naming the package here puts its files into the cache, where import.meta.resolve finds the font.
import fontPackage from "dejavu-fonts-ttf/package.json" with { type: "json" };
import { FIGURE_FONT } from "./svg.ts";

const FONT_FILES = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf"];

/**
 * Draws an SVG document, `width` pixels wide (its own width where absent), with the DejaVu fonts and no other.
 *
 * @throws {TypeError} if the text is not SVG
 */
export async function renderPng(svg: string, options: { width?: number } = {}): Promise<Uint8Array> {
  await startResvg();
  const fontBuffers = await Promise.all(FONT_FILES.map((name) => Deno.readFile(fontFile(name))));
  const resvg = new Resvg(svg, {
    font: { fontBuffers, defaultFontFamily: FIGURE_FONT, sansSerifFamily: FIGURE_FONT, loadSystemFonts: false },
    ...(options.width === undefined ? {} : { fitTo: { mode: "width", value: Math.round(options.width) } }),
  });
  const image = resvg.render();
  const png = image.asPng();
  image.free();
  resvg.free();
  return png;
}

/** The wasm module belongs to the package and can be started once in a process; a second start is refused, which is fine. */
async function startResvg(): Promise<void> {
  const wasm = await Deno.readFile(new URL("index_bg.wasm", import.meta.resolve("@resvg/resvg-wasm")));
  try {
    await initWasm(wasm);
  } catch (e) {
    if (!(e instanceof Error && e.message.startsWith("Already initialized"))) throw e;
  }
}

function fontFile(name: string): URL {
  return new URL(import.meta.resolve(`${fontPackage.name}/ttf/${name}`));
}
