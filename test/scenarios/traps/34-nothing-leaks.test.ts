import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../doubles/free-port.ts";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Answer, ask } from "./rig/ask.ts";
import type { ModernAnswer } from "./rig/modern.ts";
import { type Rig, SECRETS, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

const FIGWAY = resolve(import.meta.dirname, "../../../bin/figway");

describeWithRealRedis("trap 34: no token, session id or secret leaves in an answer, a log, a metric or a file", () => {
  let rig: Rig;
  let figway: ChildProcess;
  let port: number;
  let adminPort: number;
  let logged = "";
  beforeAll(async () => {
    rig = await startRig();
    [port, adminPort] = [await freePort(), await freePort()];
    // As operators start it: everything that it writes can be read.
    const environment = {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      SECRET_A: SECRETS[0],
      SECRET_B: SECRETS[1],
    };
    figway = spawn(process.execPath, [FIGWAY, "start"], {
      env: { ...process.env, ...environment, FIGWAY_CONFIG: join(rig.directory, "routes.json") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [figway.stdout, figway.stderr]) {
      stream?.on("data", (text: Buffer) => {
        logged += String(text);
      });
    }
    await until("it listens", () => logged.includes("ready to listen"), 40_000);
  });
  afterAll(async () => {
    const ended = once(figway, "exit");
    figway.kill("SIGTERM");
    await ended;
    await rig.stop();
  });

  function filesBelow(directory: string): string[] {
    return readdirSync(directory).flatMap((name) => {
      const path = join(directory, name);
      return statSync(path).isDirectory() ? filesBelow(path) : [path];
    });
  }

  it("not in ordinary traffic, not in refusals, not in failures of modern, legacy, Redis or figway itself", async () => {
    const visitor = new Visitor({ port });
    await visitor.logIn({ id: "alice", name: "alice", roles: ["customer"] });
    const answers: Answer[] = [];
    const say = async (target: string, question = {}) => void answers.push(await visitor.send(target, question));
    const post = { method: "POST", body: "x" };
    for (const target of [
      "/m/x",
      "/m/x",
      "/private/x",
      "/admin/x",
      "/anything",
      "/open/../admin/x",
      "/nothing?sid=1",
    ]) {
      await say(target);
      await say(target, post);
    }
    // Failures: an upstream that drops, one that answers nonsense, and one that sends the token back in a redirect.
    rig.modern.script = (req) => req.socket.destroy();
    await say("/m/x");
    rig.modern.script = (req) => req.socket.end("HTTP/1.1 nonsense\r\n\r\n");
    await say("/m/x");
    rig.modern.script = (_req, res) => res.writeHead(500, { "x-figway-token": "echo" }).end("no");
    await say("/m/x");
    rig.modern.script = undefined;
    await say("/m/x", { fields: [["Cookie", `connect.sid=s%3Aforged.x; connect.sid=${visitor.sid}`]] });
    // A session too rich for a token.
    const rich = await new Visitor({ port }).logIn({
      id: "rich",
      roles: Array.from({ length: 300 }, (_, i) => `role ${i}`),
    });
    const refused = await rich.send("/m/x");
    expect(refused.status).toBe(500);
    answers.push(refused);
    await rig.storeFaults.refuse();
    await say("/m/x");
    await rig.storeFaults.mend();
    await until("Redis is back", async () => (await visitor.send("/m/x")).status === 200);
    const echoed = (await visitor.send("/m/x")).json<ModernAnswer>();
    await visitor.logOut("destroy");

    const admin = await Promise.all(
      ["/metrics", "/api/status", "/api/routes", "/api/keys", "/api/audit", "/api/flags", "/api/series"].map(
        async (path) => (await fetch(`http://127.0.0.1:${adminPort}${path}`)).text(),
      ),
    );
    await until("the log is written out", () => logged.includes("token would have"));
    const files = filesBelow(rig.directory).filter((path) => !/keys|handle/.test(path));
    const told = {
      answers: answers.map(({ status, fields, text }) => `${status} ${fields.join("\n")} ${text}`).join("\n"),
      logged,
      admin: admin.join("\n"),
      files: files.map((path) => readFileSync(path, "utf8")).join("\n"),
    };
    // Legacy's double and modern's tell what they got, which is not figway's doing: their ordinary answers are left out.
    told.answers = told.answers.replaceAll(/\{"servedBy".*\}/g, "");
    const sids = [visitor.sid, rich.sid];
    for (const [where, text] of Object.entries(told)) {
      expect(text.length).toBeGreaterThan(100);
      for (const token of rig.modern.tokens) expect([where, text.includes(token)]).toEqual([where, false]);
      expect([where, /eyJ[\w-]{10,}\.eyJ/.exec(text)?.[0]]).toEqual([where, undefined]);
      for (const secret of SECRETS) expect([where, text.includes(secret)]).toEqual([where, false]);
      // A browser gets its own cookie from legacy, and that is the only place.
      if (where !== "answers") for (const sid of sids) expect([where, text.includes(sid)]).toEqual([where, false]);
    }
    // The token names the session by a keyed hash.
    expect(JSON.stringify(echoed.claims)).not.toContain(visitor.sid);
    expect(echoed.claims?.["sid"]).toMatch(/^[\w-]{22}$/);
  });

  it("a field or cookie of figway's internals in an upstream's answer never reaches the client", async () => {
    rig.modern.script = (_req, res) =>
      res.writeHead(200, { "X-Figway-Reason": "x", x_figway_side: "y", "x.figway.z": "z" }).end();
    const { fields } = await ask(port, "/m/x");
    rig.modern.script = undefined;
    expect(fields.filter(([name]) => /figway/i.test(name))).toEqual([]);
  });

  it("a hundred requests of one session at once read Redis a few times, and mint once", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const gets = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await rig.store.info("commandstats"))?.[1] ?? 0);
    const before = await gets();
    rig.modern.tokens.clear();
    const answers = await Promise.all(Array.from({ length: 100 }, () => alice.onModern()));
    expect(answers.every(({ user }) => user === "alice")).toBe(true);
    expect((await gets()) - before).toBeLessThan(20);
    expect(rig.modern.tokens.size).toBe(1);
  });
});
