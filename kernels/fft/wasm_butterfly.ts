/**
 * Discrete Fourier transforms of a few points, written out as vector code: any length, though only short ones are worth it.
 *
 * Signs are carried beside the vectors, so that a factor of -1 or -i costs nothing. Lengths are split into coprime parts without
 * factors (Good and Thomas), powers of a prime with constant factors (Cooley and Tukey), and odd primes are done by pairs x_j,
 * x_(p-j).
 * @see Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), sections 1.3, 2.1 and 4.2
 */

import type { V128 } from "../wasm/expressions.ts";
import { type FunctionBody, openBody } from "../wasm/function_body.ts";
import type { Lanes } from "../wasm/lanes.ts";

/** A vector or its negative. */
interface Signed {
  readonly value: V128;
  readonly negative: boolean;
}

/** A complex number in every lane. */
export interface ComplexLanes {
  readonly re: Signed;
  readonly im: Signed;
}

/** Writes one transform: asks for each input when it needs it, gives each output once as soon as it is there. */
export type Butterfly = (load: (j: number) => ComplexLanes, store: (k: number, value: ComplexLanes) => void) => void;

type Input = () => ComplexLanes;
type Output = (k: number, value: ComplexLanes) => void;

/** Where code goes and how constants are had. */
interface Writer {
  readonly body: FunctionBody;
  readonly lanes: Lanes;
  constant(value: number): V128;
}

/** A complex number from its two vectors. */
export function complexLanes(re: V128, im: V128): ComplexLanes {
  return { re: { value: re, negative: false }, im: { value: im, negative: false } };
}

/** The vectors of a complex number, signs carried out. */
export function plainLanes(z: ComplexLanes, lanes: Lanes): { re: V128; im: V128 } {
  const plain = ({ value, negative }: Signed) => negative ? lanes.neg(value) : value;
  return { re: plain(z.re), im: plain(z.im) };
}

/** `z * w`; the result is in locals of `body`. */
export function multiply(
  body: FunctionBody,
  { lanes, z, w }: { lanes: Lanes; z: ComplexLanes; w: { re: V128; im: V128 } },
): ComplexLanes {
  const writer: Writer = { body, lanes, constant: lanes.constant };
  return {
    re: sum(writer, scaled(writer, z.re, w.re), negated(scaled(writer, z.im, w.im))),
    im: sum(writer, scaled(writer, z.re, w.im), scaled(writer, z.im, w.re)),
  };
}

/**
 * The transform `X_k = sum_j x_j exp(-2 pi i j k / radix)`. Its constants are set here, once; the result may be called inside loops
 * of the same body.
 */
export function butterfly(body: FunctionBody, { lanes, radix }: { lanes: Lanes; radix: number }): Butterfly {
  const needed = new Set<number>();
  const trial = openBody([]).body;
  const nothing = complexLanes(lanes.constant(0), lanes.constant(0));
  const note = (value: number) => {
    needed.add(value);
    return lanes.constant(value);
  };
  transform({ body: trial, lanes, constant: note }, Array.from({ length: radix }, () => () => nothing), () => {});
  const constants = new Map([...needed].map((value) => [value, body.keep(lanes.constant(value))]));
  const writer: Writer = { body, lanes, constant: (value) => constants.get(value)! };
  return (load, store) => transform(writer, Array.from({ length: radix }, (_, j) => () => load(j)), store);
}

function transform(writer: Writer, inputs: readonly Input[], store: Output): void {
  const r = inputs.length;
  if (r === 1) return store(0, inputs[0]!());
  const p = smallestFactor(r);
  if (p === r) return p === 2 ? pair(writer, inputs, store) : oddPrime(writer, inputs, store);
  let power = p;
  while (r % (power * p) === 0) power *= p;
  if (power < r) return coprime(writer, { inputs, a: power, b: r / power, store });
  // The larger part first: 8 is two transforms of 4 and then pairs.
  cooleyTukey(writer, { inputs, a: r === p * p ? p : r / p, store });
}

function cooleyTukey(
  writer: Writer,
  { inputs, a, store }: { inputs: readonly Input[]; a: number; store: Output },
): void {
  const r = inputs.length;
  const b = r / a;
  const middle: ComplexLanes[][] = [];
  for (let n = 0; n < b; n++) {
    const part: ComplexLanes[] = [];
    transform(writer, Array.from({ length: a }, (_, j) => inputs[b * j + n]!), (k, value) => {
      part[k] = turned(writer, value, (n * k) / r);
    });
    middle.push(part);
  }
  for (let k = 0; k < a; k++) {
    transform(writer, middle.map((part) => () => part[k]!), (j, value) => store(k + a * j, value));
  }
}

function coprime(
  writer: Writer,
  { inputs, a, b, store }: { inputs: readonly Input[]; a: number; b: number; store: Output },
): void {
  const r = inputs.length;
  const middle: ComplexLanes[][] = [];
  for (let n = 0; n < b; n++) {
    const part: ComplexLanes[] = [];
    transform(writer, Array.from({ length: a }, (_, j) => inputs[(b * j + a * n) % r]!), (k, value) => part[k] = value);
    middle.push(part);
  }
  const index = new Map(Array.from({ length: r }, (_, k) => [`${k % a},${k % b}`, k]));
  for (let k = 0; k < a; k++) {
    // Output k has the remainders (k mod a, k mod b) of the two short transforms' outputs.
    transform(writer, middle.map((part) => () => part[k]!), (j, value) => store(index.get(`${k},${j}`)!, value));
  }
}

function pair(writer: Writer, inputs: readonly Input[], store: Output): void {
  const x = inputs[0]!();
  const y = inputs[1]!();
  store(0, { re: sum(writer, x.re, y.re), im: sum(writer, x.im, y.im) });
  store(1, { re: sum(writer, x.re, negated(y.re)), im: sum(writer, x.im, negated(y.im)) });
}

function oddPrime(writer: Writer, inputs: readonly Input[], store: Output): void {
  const p = inputs.length;
  const half = (p - 1) / 2;
  const sums: ComplexLanes[] = [];
  const differences: ComplexLanes[] = [];
  const first = inputs[0]!();
  let total = first;
  for (let j = 1; j <= half; j++) {
    const x = inputs[j]!();
    const y = inputs[p - j]!();
    const s = { re: sum(writer, x.re, y.re), im: sum(writer, x.im, y.im) };
    sums.push(s);
    differences.push({ re: sum(writer, x.re, negated(y.re)), im: sum(writer, x.im, negated(y.im)) });
    total = { re: sum(writer, total.re, s.re), im: sum(writer, total.im, s.im) };
  }
  store(0, total);
  for (let k = 1; k <= half; k++) {
    let even = first;
    let odd: ComplexLanes | undefined;
    for (let j = 1; j <= half; j++) {
      const { cos, sin } = turn(j * k, p);
      const c = times(writer, sums[j - 1]!, cos);
      const s = times(writer, differences[j - 1]!, sin);
      even = { re: sum(writer, even.re, c.re), im: sum(writer, even.im, c.im) };
      odd = odd === undefined ? s : { re: sum(writer, odd.re, s.re), im: sum(writer, odd.im, s.im) };
    }
    store(k, { re: sum(writer, even.re, odd!.im), im: sum(writer, even.im, negated(odd!.re)) });
    store(p - k, { re: sum(writer, even.re, negated(odd!.im)), im: sum(writer, even.im, odd!.re) });
  }
}

/** `z * exp(-2 pi i fraction)`. */
function turned(writer: Writer, z: ComplexLanes, fraction: number): ComplexLanes {
  const quarters = Math.floor(fraction * 4) % 4;
  const rest = fraction - Math.floor(fraction * 4) / 4;
  let value = z;
  for (let i = 0; i < quarters; i++) value = { re: value.im, im: negated(value.re) };
  if (rest < 1e-12) return value;
  if (Math.abs(rest - 0.125) < 1e-12) {
    const half = writer.constant(Math.SQRT1_2);
    return {
      re: scaled(writer, sum(writer, value.re, value.im), half),
      im: scaled(writer, sum(writer, value.im, negated(value.re)), half),
    };
  }
  const re = writer.constant(Math.cos(2 * Math.PI * rest));
  const im = writer.constant(Math.sin(2 * Math.PI * rest));
  return {
    re: sum(writer, scaled(writer, value.re, re), scaled(writer, value.im, im)),
    im: sum(writer, scaled(writer, value.im, re), negated(scaled(writer, value.re, im))),
  };
}

/** Cosine and sine of 2 pi j / p, the same number for angles that mirror each other. */
function turn(j: number, p: number): { cos: number; sin: number } {
  const n = j % p;
  const m = Math.min(n, p - n);
  const sin = Math.sin(2 * Math.PI * m / p);
  return { cos: p === 3 ? -0.5 : Math.cos(2 * Math.PI * m / p), sin: n === m ? sin : -sin };
}

function times(writer: Writer, z: ComplexLanes, factor: number): ComplexLanes {
  const constant = writer.constant(Math.abs(factor));
  const flip = (part: Signed) => factor < 0 ? negated(part) : part;
  return { re: flip(scaled(writer, z.re, constant)), im: flip(scaled(writer, z.im, constant)) };
}

function sum({ body, lanes }: Writer, a: Signed, b: Signed): Signed {
  if (a.negative === b.negative) return { value: body.keep(lanes.add(a.value, b.value)), negative: a.negative };
  const value = a.negative ? lanes.sub(b.value, a.value) : lanes.sub(a.value, b.value);
  return { value: body.keep(value), negative: false };
}

function scaled({ body, lanes }: Writer, a: Signed, factor: V128): Signed {
  return { value: body.keep(lanes.mul(a.value, factor)), negative: a.negative };
}

function negated(a: Signed): Signed {
  return { value: a.value, negative: !a.negative };
}

function smallestFactor(n: number): number {
  for (let p = 2; p * p <= n; p++) {
    if (n % p === 0) return p;
  }
  return n;
}
