/** Figures as files. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { svgDocument } from "./svg.ts";
import { writeFigure } from "./write_figure.ts";

const SVG = svgDocument({ width: 20, height: 10 }, []);

Deno.test("writeFigure() writes what the ending says and nothing else", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    await writeFigure(join(folder, "deep", "a.svg"), SVG);
    await writeFigure(join(folder, "deep", "a.PNG"), SVG, { width: 40 });
    assert.equal(Deno.readTextFileSync(join(folder, "deep", "a.svg")), SVG);
    assert.deepEqual([...Deno.readFileSync(join(folder, "deep", "a.PNG")).subarray(1, 4)], [0x50, 0x4e, 0x47]);
    await assert.rejects(
      () => writeFigure(join(folder, "a.pdf"), SVG),
      (e) => isPtychoError(e, "DataError") && /expected \.png or \.svg/.test(e.message),
    );
    await assert.rejects(
      () => writeFigure(join(folder, "deep", "a.svg", "b.svg"), SVG),
      (e) => isPtychoError(e, "DataError"),
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map((f) => f.name), ["deep"]);
    assert.deepEqual([...Deno.readDirSync(join(folder, "deep"))].map((f) => f.name).sort(), ["a.PNG", "a.svg"]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
