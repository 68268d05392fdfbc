/** `exitwave token`: a token is printed once, its name stays, and it can be taken back. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exitwave } from "../tests/end_to_end/command_line.ts";

Deno.test("exitwave token creates, lists and revokes in the file that the configuration names", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = ["--set", `access.tokens=${join(folder, "keys.json")}`];
    const { out: token, err, code } = await exitwave([
      "token",
      "create",
      "ci",
      "--role",
      "submit",
      "--days",
      "2",
      ...at,
    ]);
    assert.match(token, /^xw_[\w-]{43}\n$/);
    assert.match(err, /not shown again/);
    assert.equal(code, 0);
    const list = await exitwave(["token", "list", ...at]);
    assert.match(list.out, /^ci +submit +made \S+Z {2}ends \S+Z\n$/);
    assert.ok(!list.out.includes(token.trim()));
    assert.equal((await exitwave(["token", "revoke", "ci", ...at])).code, 0);
    const none = await exitwave(["token", "list", ...at]);
    assert.deepEqual([none.out, none.err], ["", `no tokens in ${join(folder, "keys.json")}\n`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const MISTAKES: readonly [args: readonly string[], said: RegExp][] = [
  [["create", "ci"], /^exitwave: required option '--role <role>' not specified/],
  [["create", "ci", "--role", "root"], /^exitwave: .*Found "root", expected one of read, submit, admin/],
  [["create", "ci", "--role", "read", "--days", "-1"], /expected a number above 0/],
  [["create", "c/i", "--role", "read"], /found the name "c\/i"/],
  [["revoke", "nobody"], /found no token of this name/],
];

for (const [args, said] of MISTAKES) {
  Deno.test(`exitwave token ${args.join(" ")} is refused as a mistake`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const { code, out, err } = await exitwave(["token", ...args, "--set", `access.tokens=${join(folder, "t.json")}`]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, said);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
