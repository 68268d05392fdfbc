/** WGSL text of small Fourier transforms in registers. */

/** Products of complex numbers as WGSL functions. */
export const multiplyText = `
fn mul(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn mulConj(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x + a.y * b.y, a.x * b.y - a.y * b.x); }`;

/** Statements and the names of their results. */
export interface ButterflyText {
  readonly lines: readonly string[];
  readonly outputs: readonly string[];
}

/** The forward transform of the named values; new names begin with `prefix`. */
export function butterfly(inputs: readonly string[], prefix: string): ButterflyText {
  const lines: string[] = [];
  const name = (text: string) => {
    const result = `${prefix}${lines.length}`;
    lines.push(`let ${result} = ${text};`);
    return result;
  };
  return { outputs: transform(inputs, name), lines };
}

type Name = (text: string) => string;

function transform(x: readonly string[], name: Name): string[] {
  if (x.length === 1) return [x[0]!];
  if (x.length === 2) return [name(`${x[0]} + ${x[1]}`), name(`${x[0]} - ${x[1]}`)];
  return x.length % 2 === 0 ? even(x, name) : odd(x, name);
}

/** Halves: even and odd inputs, the odd ones turned. */
function even(x: readonly string[], name: Name): string[] {
  const half = x.length / 2;
  const a = transform(x.filter((_, i) => i % 2 === 0), name);
  const b = transform(x.filter((_, i) => i % 2 === 1), name).map((z, k) => turn(z, { k, length: x.length, name }));
  return [...a.map((z, k) => name(`${z} + ${b[k]}`)), ...a.map((z, k) => name(`${z} - ${b[k]}`))].slice(0, 2 * half);
}

/** `z * exp(-2 pi i k / length)`. */
function turn(
  z: string,
  { k, length, name }: { readonly k: number; readonly length: number; readonly name: Name },
): string {
  if (k === 0) return z;
  if (4 * k === length) return name(`vec2f(${z}.y, -${z}.x)`);
  const angle = 2 * Math.PI * k / length;
  const [c, s] = [number(Math.cos(angle)), number(Math.sin(angle))];
  if (8 * k === length) return name(`vec2f(${z}.x + ${z}.y, ${z}.y - ${z}.x) * ${c}`);
  if (8 * k === 3 * length) return name(`vec2f(${z}.y - ${z}.x, -${z}.x - ${z}.y) * ${s}`);
  return name(`vec2f(${z}.x * ${c} + ${z}.y * ${s}, ${z}.y * ${c} - ${z}.x * ${s})`);
}

/** Odd lengths by sums and differences of mirrored inputs. */
function odd(x: readonly string[], name: Name): string[] {
  const half = (x.length - 1) / 2;
  const sums = Array.from({ length: half }, (_, k) => name(`${x[k + 1]} + ${x[x.length - 1 - k]}`));
  const differences = Array.from({ length: half }, (_, k) => name(`${x[k + 1]} - ${x[x.length - 1 - k]}`));
  const outputs = new Array<string>(x.length);
  outputs[0] = name([x[0], ...sums].join(" + "));
  for (let m = 1; m <= half; m++) {
    const angle = (k: number) => 2 * Math.PI * (m * (k + 1) % x.length) / x.length;
    const c = name([x[0], ...sums.map((s, k) => `${number(Math.cos(angle(k)))} * ${s}`)].join(" + "));
    const d = name(differences.map((s, k) => `${number(Math.sin(angle(k)))} * ${s}`).join(" + "));
    outputs[m] = name(`${c} + vec2f(${d}.y, -${d}.x)`);
    outputs[x.length - m] = name(`${c} - vec2f(${d}.y, -${d}.x)`);
  }
  return outputs;
}

function number(value: number): string {
  return value < 0 ? `(${value.toFixed(12)}f)` : `${value.toFixed(12)}f`;
}
