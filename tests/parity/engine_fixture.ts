/** Reads fixtures/engines.json, written by make_engine_fixture.py, as data, states and parameters of our engines. */

import { heldFrames } from "../../kernels/measured.ts";
import fixture from "./fixtures/engines.json" with { type: "json" };
import type { SupportedParams } from "../../core/engines/mod.ts";
import { ADDRESS, type Data, type State } from "../../kernels/reconstruction.ts";

/** One recorded run. */
export interface FixtureCase {
  readonly p: SupportedParams;
  readonly data: Data;
  readonly state: State;
  readonly iterations: number;
  readonly expected: { readonly probe: Float64Array; readonly object: Float64Array; readonly errors: Float64Array };
}

/** Names of the recorded runs. */
export function fixtureNames(): string[] {
  return Object.keys(fixture.cases);
}

/** A recorded run in double precision: two probe modes, six frames, far field. */
export function readFixture(name: string): FixtureCase {
  const run = fixture.cases[name as keyof typeof fixture.cases];
  return {
    p: run.p as unknown as SupportedParams,
    data: readData(),
    state: {
      iterations: 0,
      iteration: 0,
      random: {},
      scalars: {},
      arrays: {
        probe: complex(fixture.probe),
        object: complex(fixture.object),
        positions: { dtype: "float64", shape: [6, 2], data: positions() },
      },
    },
    iterations: fixture.iterations,
    expected: { probe: unpack(run.probe), object: unpack(run.object), errors: unpack(run.errors) },
  };
}

const MODES = 2;
const PSIZE = 1e-6;

function readData(): Data {
  const { side, objectRows, objectCols } = fixture;
  const dlow = unpack(fixture.dlow);
  const frames = dlow.length / 2;
  const rows = Array.from({ length: frames * MODES }, (_, pod) => {
    const [frame, mode] = [Math.floor(pod / MODES), pod % MODES];
    return [mode * side * side, 0, objectCols, dlow[2 * frame]!, dlow[2 * frame + 1]!, 0, 0];
  });
  const address = Int32Array.from(rows.flat());
  if (address.length !== frames * MODES * ADDRESS.columns) throw new RangeError("The address table has other columns");
  const common = { ID: "S", start: 0, psize: [PSIZE, PSIZE], origin: [0, 0] } as const;
  return {
    precision: "double",
    blocks: [{
      ID: "S0000",
      label: "S",
      frames,
      modes: MODES,
      rows: side,
      cols: side,
      measured: heldFrames({
        points: side * side,
        diffraction: unpack(fixture.intensity),
        mask: Uint8Array.from(unpack(fixture.mask)),
      }),
      propagators: [{ kind: "farfield", pre: unpack(fixture.pre), post: unpack(fixture.post) }],
      address,
    }],
    probes: [{ ...common, layers: MODES, rows: side, cols: side }],
    objects: [{ ...common, layers: 1, rows: objectRows, cols: objectCols }],
  };
}

/** Metres of the middle of every view. */
function positions(): Float64Array {
  return unpack(fixture.dlow).map((pixel) => (pixel + fixture.side / 2) * PSIZE);
}

function complex(text: string): State["arrays"][string] {
  const data = unpack(text);
  return { dtype: "complex128", shape: [data.length / 2], data };
}

function unpack(text: string): Float64Array {
  return new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}
