import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Express, RequestHandler } from "express";
import { dashboardPage } from "./dashboard-page.ts";

/** The page's own files, beside this one in the sources and in the built package alike (tools/build.ts copies them). */
const FOLDER = join(import.meta.dirname, "assets");

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** What the browser loads; nothing else of the folder is served. */
export const DASHBOARD_ASSETS = [
  "dashboard.css",
  "dashboard.js",
  "change-dialog.js",
  "element.js",
  "gateway-api.js",
  "icon.svg",
  "live-view.js",
  "route-card.js",
  "routes-view.js",
  "sparkline.js",
  "system-view.js",
] as const;

/** `GET /` and the files that it asks for. They say nothing about the gateway: what they show they ask the API for. */
export function serveDashboard(app: Express, guard: RequestHandler): void {
  const page = dashboardPage();
  app.get("/", guard, (_request, response) => void response.type("html").send(page));
  for (const name of DASHBOARD_ASSETS) {
    // Read now: a file that is missing from the package must stop the start, not an operator in need.
    const content = readFileSync(join(FOLDER, name));
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] as string;
    app.get(`/assets/${name}`, guard, (_request, response) => void response.set("Content-Type", type).send(content));
  }
}
