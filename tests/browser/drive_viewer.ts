/**
 * Looks at the page of the API in headless Chromium and prints what it found, as JSON. A process of its own: playwright asks the system
 * for more than the tests may.
 *
 * Usage: deno run --allow-all tests/browser/drive_viewer.ts CHROMIUM ADDRESS
 */

import { chromium } from "playwright-core";

/** What is printed. */
export interface ViewerReport {
  /** Where everything was loaded from. */
  readonly origins: readonly string[];
  readonly sections: readonly string[];
  /** What the console and the page said went wrong. */
  readonly wrong: readonly string[];
  /** Routes that are left when "batches" is looked for. */
  readonly filtered: readonly string[];
  /** What the first of them says when it is opened. */
  readonly opened: string;
}

const [executablePath, address] = Deno.args;
if (executablePath === undefined || address === undefined) throw new Error("Usage: drive_viewer.ts CHROMIUM ADDRESS");

const browser = await chromium.launch({ executablePath, headless: true, args: ["--no-sandbox"], timeout: 180_000 });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(180_000);
  const [origins, wrong] = [new Set<string>(), [] as string[]];
  page.on("request", (request) => void origins.add(new URL(request.url()).origin));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => void wrong.push(error.message));
  await page.goto(`${address}/v1/docs`);
  await page.waitForSelector("details.route");
  const sections = await page.locator("h2").allTextContents();
  await page.fill("#filter", "/v1/batches");
  const filtered = await page.locator("details.route:visible summary code").allTextContents();
  await page.locator("details.route:visible > summary").first().click();
  const opened = await page.locator("details.route[open] > div").innerText();
  const report: ViewerReport = { origins: [...origins], sections, wrong, filtered, opened };
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
} finally {
  await browser.close();
}
