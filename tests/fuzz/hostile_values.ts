/** Values that programs stumble over: the ends of number ranges, texts that mean something elsewhere, deep and wide JSON. */

import fc from "fast-check";

/** Texts that are paths, names of prototypes, templates, commands, or hard to write down. */
const TEXTS = [
  ...["", " ", ".", "..", "/", "//", "./", "../", "../../../../../../etc/passwd", "/etc/passwd", "/proc/self/mem"],
  ...[
    "/dev/zero",
    "/dev/stdin",
    "file:///etc/passwd",
    "\\\\host\\share",
    "C:\\windows",
    "~",
    "~root/.ssh/id_rsa",
    "%2e%2e%2f",
  ],
  ...[
    "a/../../b",
    "out/canary.txt",
    "out/new.ptyr",
    "dangling",
    "loop/loop",
    "artifact:",
    "artifact:../x",
    "artifact:uploads/a/b",
  ],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "length", "valueOf"],
  ...[
    "null",
    "true",
    "NaN",
    "-Infinity",
    "0x10",
    "1e309",
    "1_000",
    "${7*7}",
    "%(run)s",
    "%(engine)s/%(iterations)04d",
    "{{x}}",
  ],
  ...["'; DROP TABLE run; --", "$(id)", "`id`", "<script>alert(1)</script>", "a\r\nset-cookie: x=y", "a\nb", "\t"],
  ...["\u0000", "a\u0000b", "\ud800", "\udfff\ud800", "\u202e\u2066", "\ufeff", "e\u0301", "👩‍👩‍👧‍👦", "İ", "ﬀ", "ß"],
];

/** A text that is not what it should be. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom("x", "../", "あ", "\u0000", "a.").map((text) => text.repeat(3000)) },
);

/** A number at the end of some range. JSON has no NaN: as text, it comes from `hostileText`. */
export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, -0.5, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e9, 1e15, 1e21, 1e308),
  fc.constantFrom(Number.MIN_VALUE, Number.EPSILON, -Number.MAX_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** JSON nested so deep. */
export function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Any JSON, most of it small. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 4, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [{}], { name: null }) },
  { weight: 2, arbitrary: fc.dictionary(hostileText, fc.oneof(hostileText, hostileNumber), { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.array(hostileNumber, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(10, 60, 70, 500).map(nested) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 5000 }, (_, i) => i)) },
);
