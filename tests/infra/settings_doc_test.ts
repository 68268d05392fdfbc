/** The page of settings is the one of the declaration. */

import assert from "node:assert/strict";
import { SETTINGS_PAGE, settingsPage } from "../../infra/write_settings_docs.ts";

Deno.test("docs/settings.md is what `deno task docs` writes, and tells of every setting", () => {
  const page = settingsPage();
  assert.equal(Deno.readTextFileSync(SETTINGS_PAGE), page);
  for (const setting of ["listen.port", "s3.bucket", "restate.identity_keys", "access.tokens", "device.name"]) {
    assert.match(page, new RegExp(`^\\| \`${setting.replace(".", "\\.")}\` \\| \\S.* \\| \\S.* \\|$`, "m"));
  }
});
