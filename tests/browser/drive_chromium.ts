/**
 * Serves a bundled page from this machine to headless Chromium and prints what it measured, as JSON. A process of its own: playwright
 * asks the system for more than the tests may.
 *
 * Usage: deno run --allow-all tests/browser/drive_chromium.ts CHROMIUM FOLDER
 */

import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import type { DeviceFigures, PageScope } from "./page.ts";

const PAGE =
  `<!doctype html><title>Exitwave</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;

/** What is printed. */
export interface ChromiumReport {
  readonly figures: readonly DeviceFigures[];
  /** Paths that the browser asked for. */
  readonly served: readonly string[];
}

/** The page's path with and without shared memory. */
const PATHS = ["/", "/plain"];

/** Only pages with these may share memory between threads. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/** SwiftShader computes on the CPU and is the same everywhere; the rest keeps the browser off the network. */
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
];

/** Many times what it takes, for a machine that does much else. */
const PATIENCE_MS = 180_000;

const [executablePath, folder] = Deno.args;
if (executablePath === undefined || folder === undefined) throw new Error("Usage: drive_chromium.ts CHROMIUM FOLDER");

const served: string[] = [];
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
  const { pathname } = new URL(url);
  served.push(pathname);
  if (pathname === "/") return new Response(PAGE, { headers: { ...ISOLATION, "content-type": "text/html" } });
  if (pathname === "/plain") return new Response(PAGE, { headers: { "content-type": "text/html" } });
  const headers = { ...ISOLATION, "content-type": "text/javascript" };
  // Workers keep the names of their sources: the bundler leaves their addresses as they are.
  const name = pathname.slice(1).replace(/\.ts$/, ".js");
  if (!/^\w+\.js$/.test(name)) return new Response("Not found", { status: 404 });
  return new Response(await Deno.readFile(join(folder, name)), { headers });
});
const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: PATIENCE_MS });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const broken = new Promise<never>((_, reject) => {
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error("Cannot measure: the page crashed")));
    const late = () => reject(new Error(`Cannot measure: found no figures after ${PATIENCE_MS / 1000} s`));
    // What a page evaluates has no deadline of its own.
    Deno.unrefTimer(setTimeout(late, PATIENCE_MS));
  });
  const figures: DeviceFigures[] = [];
  for (const path of PATHS) figures.push(...await Promise.race([measureIn(page, path), broken]));
  const report: ChromiumReport = { figures, served };
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
} finally {
  await browser.close();
  await server.shutdown();
}

async function measureIn(page: Page, path: string): Promise<readonly DeviceFigures[]> {
  await page.goto(`http://127.0.0.1:${server.addr.port}${path}`);
  await page.waitForFunction(() => "measureAll" in globalThis);
  return await page.evaluate(() => (globalThis as unknown as PageScope).measureAll());
}
