import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestIssuer, createVerifier, type Verifier } from "../../src/verify.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const text = readFileSync(join(ROOT, "docs/modern-service.md"), "utf8");
const examples = [...text.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => ({
  name: name as string,
  code: code as string,
}));

const directory = mkdtempSync(join(tmpdir(), "figway-docs-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const issuer = createTestIssuer({ issuer: "figway", audience: "shop-modern" });

/** The examples as their reader would have them, but for `figway/verify`, which is this tree's. */
beforeAll(() => {
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  for (const { name, code } of examples)
    writeFileSync(
      join(directory, name),
      code.replaceAll('"figway/verify"', JSON.stringify(join(ROOT, "src/verify.ts"))),
    );
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")) as {
    compilerOptions: object;
  };
  const options = { ...compilerOptions, rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true };
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, files: examples.map(({ name }) => name) }),
  );
});

it("has an example for every way of use", () => {
  expect(examples.map(({ name }) => name)).toEqual(["app.ts", "server.ts", "plain.ts", "app.test.ts"]);
});

it("the examples type-check under the strict settings of this project", () => {
  const { stdout, status } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["--noEmit", "-p", directory], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

it("the example test passes", () => {
  const { stdout, status } = spawnSync(process.execPath, ["--test", "app.test.ts"], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  expect(stdout).toMatch(/pass 1\b/);
  expect(status).toBe(0);
});

it("the example server fetches figway's keys and knows the user", async () => {
  const keys = createServer((_request, response) => response.end(JSON.stringify(issuer.jwks))).listen(0, "127.0.0.1");
  await once(keys, "listening");
  const FIGWAY_JWKS_URL = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/.figway/jwks.json`;
  const child = spawn(process.execPath, ["server.ts"], {
    cwd: directory,
    env: { ...process.env, FIGWAY_JWKS_URL, PORT: "0", NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = /port: (\d+)/.exec(line.toString())?.[1];
    const authorization = await issuer.authorization({ subject: "u7", claims: { name: "Alice" } });
    const ask = async (path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })).json();
    expect(await ask("/orders")).toEqual({ ordersOf: "u7", name: "Alice" });
    expect(await ask("/catalog")).toEqual({ greeting: "Hello u7" });
    expect(await ask("/admin")).toMatchObject({ status: 403, code: "missing-role" });
  } finally {
    child.kill();
    await once(child, "close");
    keys.close();
    keys.closeAllConnections();
  }
});

it("the example without a framework knows the user", async () => {
  const { createPlainServer } = (await import(join(directory, "plain.ts"))) as {
    createPlainServer: (verifier: Verifier) => Server;
  };
  const server = createPlainServer(createVerifier(issuer.verifierOptions)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const authorization = await issuer.authorization({ subject: "u7" });
  expect(await (await fetch(url, { headers: { authorization } })).text()).toBe("Hello u7");
  expect(await (await fetch(url)).text()).toBe("Hello");
  server.close();
  server.closeAllConnections();
});

it("names every code of a refused token", () => {
  const codes = readFileSync(join(ROOT, "src/verify/token-error.ts"), "utf8").matchAll(/^ {2}"([a-z-]+)":/gm);
  const missing = [...codes].map(([, code]) => code as string).filter((code) => !text.includes(`\`${code}\``));
  expect(missing).toEqual([]);
});
