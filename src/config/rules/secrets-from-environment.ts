import type { Finding } from "../finding.ts";
import type { Rule } from "./rule.ts";

/** What stands in the file stands in the repository, and whoever can read that can sign a session. */
export const secretsFromEnvironment: Rule = ({ session, flags, templateAt }) => {
  const places: Finding["path"][] = [];
  if (session?.kind === "express-session") {
    places.push(...session.secrets.map((_, index) => ["identity", "session", "secrets", index]));
  }
  if (flags?.source === "unleash") places.push(["flags", "token"]);
  return places
    .filter((path) => !isFromEnvironment(templateAt(path)))
    .map((path) => ({
      path,
      message: "The secret, or a default for it, stands in the file itself.",
      remedy: "Read it from the environment, without a default: `${NAME}`.",
      severity: "warning",
    }));
};

function isFromEnvironment(template: string | undefined): boolean {
  return template !== undefined && /^\$\{[^:}]+(?::-)?\}$/.test(template);
}
