import { createHmac } from "node:crypto";
import type { Answer, Question } from "./ask.ts";
import { ask } from "./ask.ts";
import type { LogoutShape, User } from "./legacy.ts";
import type { Rig } from "./start-rig.ts";

export interface Me {
  readonly servedBy: "legacy" | "modern";
  readonly user: string | null;
}

/** Somebody with a cookie jar of one entry: the session cookie as the gateway set it last. */
export class Visitor {
  readonly #port: number;
  cookie: string | undefined;

  constructor(rig: Pick<Rig, "port">) {
    this.#port = rig.port;
  }

  /** The session id within the cookie. */
  get sid(): string {
    const id = /^connect\.sid=s%3A([^.]+)\./.exec(this.cookie ?? "")?.[1];
    if (id === undefined) throw new Error(`no session cookie: ${this.cookie}`);
    return decodeURIComponent(id);
  }

  get key(): string {
    return `sess:${this.sid}`;
  }

  async send(target: string, question: Question = {}): Promise<Answer> {
    const cookie: [string, string][] = this.cookie === undefined ? [] : [["Cookie", this.cookie]];
    const answer = await ask(this.#port, target, { ...question, fields: [...cookie, ...(question.fields ?? [])] });
    this.keep(answer);
    return answer;
  }

  /** Does with an answer's cookies what a browser does. */
  keep(answer: Answer): void {
    for (const line of answer.all("set-cookie")) {
      if (!line.startsWith("connect.sid=")) continue;
      const isGone = /;\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(line);
      this.cookie = isGone ? undefined : line.split(";", 1)[0];
    }
  }

  async logIn(user: User | string, sid: "kept" | "new" = "kept"): Promise<this> {
    const body = JSON.stringify(typeof user === "string" ? { id: user, name: user, roles: ["customer"] } : user);
    const fields: [string, string][] = [["Content-Type", "application/json"]];
    const answer = await this.send(`/login?sid=${sid}`, { method: "POST", fields, body });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    return this;
  }

  async logOut(shape: LogoutShape = "destroy"): Promise<void> {
    const answer = await this.send(`/logout?shape=${shape}`, { method: "POST", body: "" });
    if (answer.status !== 200) throw new Error(`logout: ${answer.status} ${answer.text}`);
  }

  /** Who modern says that this is. */
  async onModern(question: Question = {}): Promise<Me> {
    return (await this.send("/m/me", question)).json<Me>();
  }
}

/** The cookie value that express-session makes of an id (cookie-signature). */
export function signed(id: string, secret: string): string {
  const signature = createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "");
  return `s:${id}.${signature}`;
}
