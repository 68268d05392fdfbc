/** Errors as JSON and back, what is not worth another attempt, and when two inputs are the same. */

import assert from "node:assert/strict";
import { DataError, DivergedError, isPtychoError, ParameterError, UnsupportedError } from "../core/errors.ts";
import { DeviceError, ShapeError } from "../kernels/errors.ts";
import { reviveError } from "../core/revive_error.ts";
import { failureOf, isFatal, RunError, sameJson, throughJson } from "./orchestrator.ts";

const ISSUES = [{ path: "scans.MF.data.shape", message: "found 0, expected at least 1" }];

const FATAL = [
  new ParameterError(ISSUES),
  new DataError("No data", { file: "x" }),
  new UnsupportedError("Not built"),
  new ShapeError("Shapes", { found: [1, 2] }),
  new DivergedError("NaN", { iteration: 3 }),
  new RunError("missing", "No run"),
  new DeviceError("No room", { found: 1, least: 2 }),
];

const OTHERS = [new DeviceError("Lost", { device: "gpu" }), new Error("Anything"), new TypeError("A type"), "text"];

Deno.test("isFatal() is true for the mistakes of a user or of data, false for a device and what is unknown", () => {
  assert.deepEqual(FATAL.map(isFatal), FATAL.map(() => true));
  assert.deepEqual(OTHERS.map(isFatal), OTHERS.map(() => false));
});

Deno.test("reviveError() gives back the class, message and fields of what failureOf() made JSON of", () => {
  for (const error of [...FATAL.slice(0, 5), OTHERS[0] as DeviceError]) {
    const again = reviveError(throughJson(failureOf(error)) as unknown as ReturnType<typeof failureOf>, "cause");
    assert.equal(again.constructor, error.constructor);
    assert.ok(isPtychoError(again, error._tag));
    assert.deepEqual([again.message, again.fields, again.cause], [error.message, error.fields, "cause"]);
  }
  const parameter = reviveError(failureOf(FATAL[0]));
  assert.ok(parameter instanceof ParameterError);
  assert.deepEqual(parameter.issues, ISSUES);
});

Deno.test("reviveError() keeps the name of an error that is not Exitwave's, and a refusal keeps its reason", () => {
  const { name, message } = reviveError(failureOf(new RangeError("Too far")));
  assert.deepEqual([name, message], ["RangeError", "Too far"]);
  assert.deepEqual(failureOf("just text"), { tag: "Error", message: "just text", fields: {} });
  const refusal = reviveError(failureOf(new RunError("missing", "No run", { id: "x" })));
  assert.ok(isPtychoError(refusal, "DataError"));
  assert.deepEqual(refusal.fields, { reason: "missing", id: "x" });
});

Deno.test("failureOf() leaves out fields that are no JSON", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const { fields } = failureOf(new DataError("Odd", { ok: 1, big: 1n, circle, nothing: undefined }));
  assert.deepEqual(fields, { ok: 1 });
});

Deno.test("sameJson() does not mind the order of keys, but that of items, missing keys and kinds", () => {
  assert.ok(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  for (const other of [{ a: 1 }, { a: 1, b: [{ c: null }, 1] }, { a: 1, c: 2 }, { a: "1", b: [] }, [1], null, 1]) {
    assert.ok(!sameJson({ a: 1, b: [1, { c: null }] }, other), Deno.inspect(other));
  }
  assert.ok(!sameJson({}, []) && !sameJson([], {}) && !sameJson(null, {}) && sameJson([], []));
});
