import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRealRedis } from "../../doubles/start-redis.ts";
import { SESSION_SECRET, type Shop, startShop } from "../../doubles/start-shop.ts";
import { takesLessThan } from "../../doubles/takes-less-than.ts";
import { type CommandResult, figway } from "../command-line.ts";

const CREDENTIALS = ["--form", "username=alice&password=alice-pw"];
const REPOSITORY = resolve(import.meta.dirname, "../../..");

let shop: Shop;
beforeAll(async () => {
  // With tracking where there is a Redis that has it.
  shop = await startShop({ redis: hasRealRedis() ? "real" : "embedded" });
});
afterAll(() => shop.stop());

function environment(): Record<string, string> {
  return {
    FIGWAY_CONFIG: join(shop.directory, "routes.json"),
    SESSION_SECRET,
    REDIS_URL: shop.redis.url,
    LEGACY_URL: shop.legacyUrl,
    MODERN_URL: shop.modernUrl,
    ADMIN_PORT: new URL(shop.adminUrl).port,
  };
}

function doctor(...args: readonly string[]): Promise<CommandResult> {
  return figway(["doctor", ...args], environment());
}

/** The command as it is typed, in a process of its own. */
async function runProcess(args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const child = spawn(process.execPath, [join(REPOSITORY, "bin/figway"), ...args], {
    env: { ...environment(), PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number];
  return { code, out, error };
}

describe("before anything is moved", () => {
  it("it says which flag to turn on first", async () => {
    const { code, error } = await doctor("logout", ...CREDENTIALS);
    expect(code).toBe(1);
    expect(error).toContain("figway flag orders-modern on");
  });

  it("a path that legacy serves is refused, with the reason", async () => {
    const { code, error } = await doctor("logout", ...CREDENTIALS, "--route", "/cart");
    expect(code).toBe(1);
    expect(error).toContain("GET /cart goes to legacy");
  });
});

describe("of the shop, with orders and ticker on modern", () => {
  beforeAll(async () => {
    await shop.flip("orders-modern", true);
    await shop.flip("ticker-modern", true);
  });

  it("the demo's routes.json fits its legacy app, and figway's keys are there", async () => {
    const { code, out } = await runProcess(["doctor", ...CREDENTIALS]);
    expect(out).toContain("fits legacy");
    expect(out).toContain("modern answers at");
    expect(out).toMatch(/figway publishes \d+ keys/);
    if (hasRealRedis()) expect(out).toContain("mode tracking");
    expect(code).toBe(0);
  });

  it("no request after a logout is the user's, and his WebSocket is closed within a second", async () => {
    const args = ["doctor", "logout", ...CREDENTIALS, "--socket", "/ticker", "--times", "8", "--json"];
    await takesLessThan(1_000, async () => {
      const { code, out } = await runProcess(args);
      const figures = JSON.parse(out) as Record<string, unknown> & { ok: boolean; socket: { max: number } };
      expect(figures).toMatchObject({ times: 8, route: "/orders", answeredAsUser: 0, requests: 32 });
      expect([figures.ok, code]).toEqual(figures.socket.max < 1_000 ? [true, 0] : [false, 1]);
      return figures.socket.max;
    });
  });

  it("it is told on a screen with the least, the median and the most", async () => {
    const { code, out } = await doctor("logout", ...CREDENTIALS, "--times", "3", "--route", "/api/orders");
    expect(out).toMatch(/MIN +MEDIAN +MAX/);
    expect(out).toContain("None of 12 requests after a logout was answered as the user's.");
    expect(out).toContain("GET /api/orders");
    expect(code).toBe(0);
  });

  it("a WebSocket that does not open is named", async () => {
    const { code, error } = await doctor("logout", ...CREDENTIALS, "--socket", "/nowhere", "--times", "1");
    expect([code, error]).toEqual([1, expect.stringContaining("/nowhere opens no WebSocket")]);
  });

  it("a wrong password is named", async () => {
    const { code, error } = await doctor("logout", "--user", "alice", "--password", "wrong");
    expect([code, error]).toEqual([1, expect.stringContaining("refused the login")]);
  });
});

describe("of a gateway that forgets too late", () => {
  /** Goes on serving the user for so many requests after each logout. */
  const LATE = 3;
  let server: Server;
  beforeAll(async () => {
    const left = new Map<string, number>();
    const app = express();
    app.get(
      "/login",
      (_req, res) => void res.send("<form method=post><input name=username><input type=password name=password></form>"),
    );
    app.post("/login", (_req, res) => {
      const id = String(left.size);
      left.set(id, Number.POSITIVE_INFINITY);
      res.cookie("late", id).redirect(303, "/me");
    });
    app.post("/logout", (req, res) => {
      left.set(idOf(req), LATE);
      res.clearCookie("late").redirect(303, "/");
    });
    app.get("/me", (req, res) => {
      const more = left.get(idOf(req)) ?? 0;
      left.set(idOf(req), more - 1);
      res.sendStatus(more > 0 ? 200 : 401);
    });
    server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const idOf = (req: express.Request): string => /late=(\d+)/.exec(req.headers.cookie ?? "")?.[1] ?? "";

  it("is caught, even though the browser's cookie was taken back, with exit code 1", async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const admin = ["--admin", "http://127.0.0.1:9"];
    const { code, out } = await doctor(
      "logout",
      ...CREDENTIALS,
      ...admin,
      "--url",
      url,
      "--route",
      "/me",
      "--times",
      "2",
    );
    expect(out).toContain(
      `${2 * LATE} of ${2 * (LATE + 4)} requests after a logout were still answered as the user's.`,
    );
    expect(code).toBe(1);
  });
});
