/** The emitter: encodings against the specification's examples, and modules that run. */

import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { createAssembler } from "./assembler.ts";
import { signed, unsigned } from "./encoding.ts";
import { f32, f32x4, f64, f64x2, i32, v128 } from "./expressions.ts";
import { openBody } from "./function_body.ts";
import { lanesOf, transpose } from "./lanes.ts";

function run(assembler: ReturnType<typeof createAssembler>, memory = new WebAssembly.Memory({ initial: 1 })) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assembler.bytes()), { env: { memory } });
  return { memory, call: (name: string, ...args: number[]) => (instance.exports[name] as CallableFunction)(...args) };
}

Deno.test("unsigned() and signed() are LEB128", () => {
  assertEquals(unsigned(624485), [0xe5, 0x8e, 0x26]);
  assertEquals(unsigned(127), [0x7f]);
  assertEquals(unsigned(2 ** 32 - 1), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assertEquals(signed(-123456), [0xc0, 0xbb, 0x78]);
  assertEquals(signed(64), [0xc0, 0x00]);
  assertEquals(signed(-64), [0x40]);
});

Deno.test("define() gives functions that call each other and return values", () => {
  const assembler = createAssembler({ sharedPages: 0 });
  const put = assembler.define({ name: "put", params: { at: "i32", value: "f64" } }, (body, p) => {
    body.storeF64(p.at, f64.mul(p.value, f64.const(-2.5)), { offset: 8 });
  });
  assembler.define(
    { name: "twice", params: { at: "i32", value: "f64" }, results: ["f64"], exported: true },
    (body, p) => {
      body.call(put, [p.at, p.value]);
      body.result([f64.load(p.at, 8)]);
    },
  );
  assertEquals(run(assembler).call("twice", 16, 3), -7.5);
});

Deno.test("sweep() runs once where the end is already reached, repeat() as often as told, when() if not 0", () => {
  const assembler = createAssembler({ sharedPages: 0 });
  assembler.define(
    { name: "count", params: { until: "i32" }, results: ["i32"], exported: true },
    (body, p) => {
      const total = body.keep(i32.const(0));
      const at = body.keep(i32.const(0));
      body.sweep({ move: [[at, 4]], until: p.until }, () => body.repeat(3, () => body.advance(total, 1)));
      body.when(i32.gtU(p.until, i32.const(100)), () => body.set(total, i32.const(0)));
      body.result([total]);
    },
  );
  const { call } = run(assembler);
  assertEquals([0, 4, 5, 12, 101].map((until) => call("count", until)), [3, 3, 6, 9, 0]);
});

Deno.test("scope() gives locals back to those taken later, of the same type only", () => {
  const { body } = openBody(["i32"]);
  let inner = -1;
  body.scope(() => inner = body.keep(i32.const(1)).index);
  assertEquals(inner, 1);
  assertEquals(body.local("f32").index, 2);
  assertEquals(body.local("i32").index, 1);
  assertEquals(body.local("i32").index, 3);
});

Deno.test("vectors: arithmetic, select, shuffles, conversions", () => {
  const assembler = createAssembler({ sharedPages: 0 });
  assembler.define({ name: "f32x4", params: {}, exported: true }, (body) => {
    const a = body.keep(v128.load(i32.const(0)));
    const b = body.keep(v128.load(i32.const(16)));
    const larger = v128.select(f32x4.gt(a, b), { a, b });
    body.storeV128(i32.const(32), f32x4.sub(f32x4.mul(larger, f32x4.splat(f32.const(2))), f32x4.sqrt(b)));
    body.storeV128(i32.const(48), v128.shuffle(a, { b, order: [3, 4, 0, 6] }));
    body.storeV128(i32.const(64), f64x2.promoteLow(a));
  });
  const { memory, call } = run(assembler);
  const floats = new Float32Array(memory.buffer);
  floats.set([1, 9, 3, 4, 4, 4, 9, 1]);
  call("f32x4");
  assertEquals([...floats.subarray(8, 12)], [6, 16, 15, 7]);
  assertEquals([...floats.subarray(12, 16)], [4, 4, 1, 9]);
  assertEquals([...new Float64Array(memory.buffer, 64, 2)], [1, 9]);
});

for (const precision of ["single", "double"] as const) {
  Deno.test(`transpose() turns a square of lanes on its other side, ${precision}`, () => {
    const lanes = lanesOf(precision);
    const n = lanes.count;
    const assembler = createAssembler({ sharedPages: 0 });
    assembler.define({ name: "turn", params: {}, exported: true }, (body) => {
      const rows = Array.from({ length: n }, (_, i) => body.keep(v128.load(i32.const(0), 16 * i)));
      transpose(body, { lanes, rows }).forEach((row, i) => body.storeV128(i32.const(256), row, { offset: 16 * i }));
    });
    const { memory, call } = run(assembler);
    const numbers = precision === "single" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    for (let i = 0; i < n * n; i++) numbers[i] = i;
    call("turn");
    const start = 256 / lanes.bytes;
    const expected = Array.from({ length: n * n }, (_, i) => (i % n) * n + Math.floor(i / n));
    assertEquals([...numbers.subarray(start, start + n * n)], expected);
  });
}

Deno.test("bytes() is a module for a shared memory of its size where shared, and only for one", () => {
  const assembler = createAssembler({ sharedPages: 7 });
  assembler.define({ name: "f", params: {}, exported: true }, () => {});
  const module = new WebAssembly.Module(assembler.bytes());
  const shared = new WebAssembly.Memory({ initial: 7, maximum: 7, shared: true });
  assertEquals(typeof new WebAssembly.Instance(module, { env: { memory: shared } }).exports["f"], "function");
  for (const other of [{ initial: 7, maximum: 7 }, { initial: 2, maximum: 7, shared: true }]) {
    const memory = new WebAssembly.Memory(other);
    assertThrows(() => new WebAssembly.Instance(module, { env: { memory } }), WebAssembly.LinkError);
  }
});
