/** The page that shows the description of the API, from files of our own: nothing is loaded from elsewhere. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import style from "./viewer/page.css" with { type: "text" };
import page from "./viewer/page.html" with { type: "text" };
import script from "./viewer/page.js" with { type: "text" };

/** Where the page is. */
export const VIEWER_PATH = "/v1/docs";

/** Whether a path holds the description or its page, which say nothing of anybody's data. */
export function isDescription(path: string): boolean {
  return path === "/v1/openapi.json" || Object.hasOwn(FILES, path);
}

/** What the page may load: our own files and the description. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FILES: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  [VIEWER_PATH]: { type: "text/html", text: page },
  [`${VIEWER_PATH}/page.css`]: { type: "text/css", text: style },
  [`${VIEWER_PATH}/page.js`]: { type: "text/javascript", text: script },
};

/** Adds the page to an application. It is no part of the API, and not described. */
export function mountViewer(app: OpenAPIHono): void {
  for (const [path, { type, text }] of Object.entries(FILES)) {
    app.get(path, (c) =>
      c.body(text, 200, {
        "content-type": `${type}; charset=utf-8`,
        "content-security-policy": POLICY,
        "cache-control": "no-cache",
      }));
  }
}
