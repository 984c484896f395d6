import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Told where a browser is missing. */
export const HOW_TO_GET_CHROMIUM =
  "needs Chromium: apt-get install chromium, or npx playwright-core install chromium, or set CHROMIUM_PATH";

/** The browser for browser tests: CHROMIUM_PATH, one on PATH, an application, or the one that playwright-core installed. */
export function findChromium(): string | undefined {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined && given !== "") return existsSync(given) ? given : undefined;
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => (folder === "" ? [] : NAMES.map((name) => join(folder, name))));
  return [...onPath, ...APPLICATIONS, chromium.executablePath()].find((file) => existsSync(file));
}
