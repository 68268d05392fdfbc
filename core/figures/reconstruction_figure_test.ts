/** What the reconstruction page shows, and that it can be drawn. */

import assert from "node:assert/strict";
import { decode } from "fast-png";
import { complexArray } from "../../kernels/nd_array.ts";
import { type ReconstructionFigure, reconstructionFigure } from "./reconstruction_figure.ts";
import { renderPng } from "./render_png.ts";

function picture(layers: number, rows: number, cols: number) {
  const data = Float64Array.from({ length: 2 * layers * rows * cols }, (_, i) => Math.sin(0.37 * i) + (i % 2 ? 0 : 2));
  return complexArray(data, [layers, rows, cols]);
}

function figure(modes: number, objects: number): ReconstructionFigure {
  return {
    title: "run <1> & more",
    facts: ["7.2 keV", "112 nm per pixel"],
    objects: Array.from(
      { length: objects },
      (_, i) => ({ ID: `Sobj${i}`, data: picture(1, 60, 80), psize: [1e-7, 1e-7] as const }),
    ),
    probes: [{ ID: "Sprobe", data: picture(modes, 16, 16), psize: [1e-7, 1e-7] as const }],
    errors: [1, 2, 3, 4].map((i) => ({
      iteration: i,
      engine: i < 3 ? "DM" : "ML",
      error: [i < 3 ? 5 / i : 0, 100 / i, 0] as const,
    })),
  };
}

for (const [modes, objects] of [[1, 1], [5, 2]] as const) {
  Deno.test(`reconstructionFigure() with ${modes} modes and ${objects} objects names everything and is well-formed`, () => {
    const svg = reconstructionFigure(figure(modes, objects));
    for (
      const text of [
        "run &lt;1&gt; &amp; more",
        "Object amplitude",
        "Object phase",
        "phase (rad)",
        ">DM<",
        ">ML<",
        "iteration",
        "1 µm",
        "photon",
      ]
    ) {
      assert.ok(svg.includes(text), text);
    }
    assert.equal(svg.includes("exit wave"), false, "a curve without values is not in the legend");
    assert.equal(svg.includes("mode 5"), modes === 5);
    assert.equal(svg.includes("(Sobj1)"), objects === 2);
    assert.equal(svg.match(/<image /g)!.length, 4 * objects + modes + 1);
    assert.equal(
      (svg.match(/<(g|svg|text|clipPath)[ >]/g) ?? []).length,
      (svg.match(/<\/(g|svg|text|clipPath)>/g) ?? []).length,
    );
    assert.equal(/NaN|undefined|Infinity/.test(svg.replaceAll(/base64,[^"]*/g, "")), false);
  });
}

Deno.test("reconstructionFigure() of a run without history says so", () => {
  assert.ok(reconstructionFigure({ ...figure(1, 1), errors: [] }).includes("no errors were recorded"));
});

Deno.test("reconstructionFigure() of a diverged run can still be drawn and says how much is not finite", () => {
  const objects = [{
    ID: "S",
    data: complexArray(new Float64Array(2 * 30 * 40).fill(NaN), [1, 30, 40]),
    psize: [1e-7, 1e-7] as const,
  }];
  const errors = [{ iteration: 1, engine: "DM", error: [NaN, 3, 0] as const }];
  const svg = reconstructionFigure({ ...figure(1, 1), objects, errors });
  assert.match(svg, /\d+ pixels are not finite/);
  assert.equal(/NaN/.test(svg.replaceAll(/base64,[^"]*/g, "")), false);
});

Deno.test("reconstructionFigure() gives powers of the modes that add up to 100 %", () => {
  const data = new Float64Array(2 * 2 * 16 * 16).fill(1, 0, 512).fill(0.5, 512);
  const svg = reconstructionFigure({
    ...figure(1, 1),
    probes: [{ ID: "S", data: complexArray(data, [2, 16, 16]), psize: [1e-7, 1e-7] }],
  });
  assert.ok(svg.includes("mode 1: 80 %") && svg.includes("mode 2: 20 %"));
});

Deno.test("renderPng() draws picture and text at the asked width, twice in a row", async () => {
  const svg = reconstructionFigure(figure(2, 1));
  const first = decode(await renderPng(svg, { width: 600 }));
  assert.equal(first.width, 600);
  const second = decode(await renderPng(svg.replace("run &lt;1&gt; &amp; more", ""), { width: 600 }));
  const dark = (image: typeof first) => {
    let count = 0;
    for (let y = 8; y < 22; y++) {
      for (let x = 18; x < 300; x++) if (image.data[(y * 600 + x) * image.channels]! < 100) count++;
    }
    return count;
  };
  // The title is the only ink in the first lines: without a font there would be none.
  assert.ok(dark(first) > 100 && dark(second) === 0, `${dark(first)} and ${dark(second)}`);
});
