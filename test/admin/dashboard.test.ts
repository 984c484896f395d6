import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DASHBOARD_ASSETS } from "../../src/admin/dashboard/serve-dashboard.ts";
import { callAdmin } from "./call-admin.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

const FOLDER = resolve(import.meta.dirname, "../../src/admin/dashboard/assets");

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ environment: { FIGWAY_ADMIN_TOKEN: "a token of the tests" } });
});
afterAll(() => gateway.stop());

it("the page asks for nothing but its own files, and allows nothing else", async () => {
  const page = await callAdmin(gateway.adminUrl, "GET", "/");
  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self'(?:;|$)/);
  expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|https?:/);
  const wanted = [...page.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map((match) => match[1] as string);
  expect(wanted).toContain("/assets/dashboard.js");
  for (const path of wanted) expect((await callAdmin(gateway.adminUrl, "GET", path)).status).toBe(200);
});

it("each file of the folder is served under its own type, without a token, and names no other place", async () => {
  const files = readdirSync(FOLDER).filter((name) => name !== "tsconfig.json");
  expect([...DASHBOARD_ASSETS].sort()).toEqual(files.sort());
  const types = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };
  for (const name of files) {
    const reply = await callAdmin(gateway.adminUrl, "GET", `/assets/${name}`);
    const extension = name.split(".").at(-1) as keyof typeof types;
    expect([name, reply.status, reply.headers["content-type"]]).toEqual([name, 200, types[extension]]);
    expect(reply.text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
  }
});

it("nothing else is served from there, nor from anywhere else", async () => {
  const paths = ["tsconfig.json", "..%2f..%2fguard-admin.ts", "../serve-dashboard.ts", "", "%00", "dashboard.js/"];
  const replies = await Promise.all(paths.map((path) => callAdmin(gateway.adminUrl, "GET", `/assets/${path}`)));
  expect(replies.filter(({ text }) => text.includes("import") && text.includes("express"))).toEqual([]);
  expect(replies[0]?.status).toBe(401);
});

it("every place that the script fills is in the page", async () => {
  const page = (await callAdmin(gateway.adminUrl, "GET", "/")).text;
  const scripts = await Promise.all(
    DASHBOARD_ASSETS.filter((name) => name.endsWith(".js")).map((name) =>
      callAdmin(gateway.adminUrl, "GET", `/assets/${name}`),
    ),
  );
  const wanted = scripts.flatMap(({ text }) => [...text.matchAll(/byId\(\s*"([\w-]+)"/g)].map((match) => match[1]));
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
  const modules = scripts.flatMap(({ text }) => [...text.matchAll(/from "\.\/([\w.-]+)"/g)].map((match) => match[1]));
  expect(modules.filter((name) => !(DASHBOARD_ASSETS as readonly (string | undefined)[]).includes(name))).toEqual([]);
});

it("the scripts are as strictly typed as the sources", async () => {
  const { execFileSync } = await import("node:child_process");
  const tsc = resolve(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
  const check = (): string =>
    execFileSync(process.execPath, [tsc, "-p", join(FOLDER, "tsconfig.json")], { encoding: "utf8" });
  expect(check).not.toThrow();
});
