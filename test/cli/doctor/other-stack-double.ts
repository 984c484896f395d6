import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";

/** Legacy of another stack: a session cookie of its own, kept in its memory, and an endpoint that says who the user is. */
export async function startOtherStack(options: { logsOut: boolean }): Promise<{ url: string; close(): Promise<void> }> {
  const users = new Map<string, string>();
  const idOf = (req: express.Request): string => /PHPSESSID=(\w+)/.exec(req.headers.cookie ?? "")?.[1] ?? "";
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.get("/login", (_req, res) => {
    res.send("<form method=post><input name=user><input type=password name=password></form>");
  });
  app.post("/login", (req, res) => {
    const { user } = req.body as { user: string };
    const id = randomBytes(16).toString("hex");
    users.delete(idOf(req));
    users.set(id, user);
    res.cookie("PHPSESSID", id, { httpOnly: true, sameSite: "lax" }).redirect(303, "/");
  });
  app.post("/logout", (req, res) => {
    if (options.logsOut) users.delete(idOf(req));
    res.clearCookie("PHPSESSID").redirect(303, "/");
  });
  app.get("/whoami", (req, res) => {
    const name = users.get(idOf(req));
    if (name === undefined) res.sendStatus(401);
    else res.json({ account: { id: `u-${name}`, displayName: name } });
  });
  app.get("/", (_req, res) => void res.send("Home"));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
