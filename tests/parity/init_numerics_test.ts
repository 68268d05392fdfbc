/** Filters and interpolation against PtyPy 0.4.0, which uses scipy. */

import { gaussianFilterComplex } from "../../kernels/array/gaussian_filter.ts";
import { shiftComplex, zoomComplex } from "../../kernels/array/spline.ts";
import { assertRelative, hasShared, INIT_ORACLE, readNumbers } from "./init_oracle.ts";

const ignore = !hasShared(INIT_ORACLE);
const note = ignore ? "skipped: no ../shared" : "oracle";
const IMAGE = { rows: 20, cols: 24 };
const PIXELS = IMAGE.rows * IMAGE.cols;

Deno.test({
  name: `gaussianFilterComplex() with sigma 2 is PtyPy's c_gf (${note})`,
  ignore,
  fn: () => {
    const stack = readNumbers(INIT_ORACLE, "numerics/A").data;
    for (const offset of [0, PIXELS]) gaussianFilterComplex(stack, { ...IMAGE, sigma: 2, offset });
    assertRelative(stack, readNumbers(INIT_ORACLE, "numerics/c_gf_0_2_2").data, 1e-12);
  },
});

Deno.test({
  name: `shiftComplex() by (-0.7, -0.8) is PtyPy's shift_zoom (${note})`,
  ignore,
  fn: () => {
    const stack = readNumbers(INIT_ORACLE, "numerics/A").data;
    for (const offset of [0, PIXELS]) shiftComplex(stack, { ...IMAGE, shift: [-0.7, -0.8], offset });
    assertRelative(stack, readNumbers(INIT_ORACLE, "numerics/shift_zoom_c1_c2").data, 1e-12);
  },
});

Deno.test({
  name: `zoomComplex() by 1.5 is PtyPy's zoom (${note})`,
  ignore,
  fn: () => {
    const stack = readNumbers(INIT_ORACLE, "numerics/A").data;
    const layers = [0, PIXELS].map((offset) => zoomComplex(stack, { ...IMAGE, zoom: 1.5, offset }).data);
    assertRelative(layers.flatMap((l) => [...l]), readNumbers(INIT_ORACLE, "numerics/zoom_1_1.5_1.5").data, 1e-12);
  },
});
