import type { Paint } from "../cli-context.ts";
import { table } from "../table.ts";

export interface BannerFacts {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly legacyUrl: string;
  readonly modernUrl: string;
  readonly sessionStore: { readonly url: string; readonly description: string };
  /** Where flags come from, as in `flags.json` or the address of an Unleash. */
  readonly flags: string;
  readonly nodeVersion: string;
  readonly startedInMs: number;
  readonly paint: Paint;
}

/** The one screen that says what runs where, who can log in, and what to try. */
export function banner(facts: BannerFacts): string {
  const { paint, publicUrl } = facts;
  const heading = (text: string) => paint("bold", text);
  const command = (text: string) => paint("cyan", text);
  const seconds = (facts.startedInMs / 1000).toFixed(1);
  return [
    "",
    `${paint(["bold", "green"], "figway is running")} ${paint("dim", `(Node ${facts.nodeVersion}, up in ${seconds} s)`)}`,
    "",
    indent(
      table([
        [command(publicUrl), "the shop, through figway: open this one"],
        [facts.adminUrl, "figway's admin: dashboard, API, /metrics"],
        [facts.legacyUrl, "legacy-app, the session monolith"],
        [facts.modernUrl, "modern-app, the token service"],
        [maskPassword(facts.sessionStore.url), `session store: ${facts.sessionStore.description}`],
        ["flags", facts.flags],
      ]),
    ),
    "",
    `${heading("Log in as")}  alice / alice-pw, bob / bob-pw ${paint("dim", "(customers)")}, carol / carol-pw ${paint("dim", "(support)")}, dave / dave-pw ${paint("dim", "(admin)")}`,
    "",
    heading("Try"),
    indent(
      table([
        ["1", `open ${command(`${publicUrl}/orders`)} and log in: the footer says "served by legacy"`],
        ["2", `in another terminal: ${command("npx figway flag orders-modern on")}`],
        ["", 'reload: "served by modern", and you are still logged in'],
        ["3", `${command("npx figway flag orders-modern off")}  back on legacy, same session, cart intact`],
        ["4", `${command("npx figway explain GET /orders/7 --as alice")}  why a request goes where it goes`],
      ]),
    ),
    "",
    heading("With curl"),
    indent(command(`curl -c jar -d username=alice -d password=alice-pw ${publicUrl}/login`)),
    indent(command(`curl -b jar ${publicUrl}/api/orders`)),
    "",
    paint("dim", "Ctrl-C stops everything. Each request and its decision appears below."),
    "",
  ].join("\n");
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** A session store's address may carry a password; a terminal is often shared. */
export function maskPassword(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.password === "") return url;
  parsed.password = "***";
  return parsed.href;
}
