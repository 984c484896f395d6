import type { Rule } from "./rule.ts";

/** What figway itself states in every token (RFC 7519 §4.1, and `sid`): a claim by such a name would be dropped. */
const OWN_CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid"];

/** A claim that nobody would ever see is a mistake. */
export const claimsKeepTheirNames: Rule = ({ session }) => {
  if (session === undefined || session.kind === "none") return [];
  return OWN_CLAIMS.filter((name) => name in session.claims).map((name) => ({
    path: ["identity", "session", "claims", name],
    message: `\`${name}\` is a claim that figway states itself, so this one never reaches a token.`,
    remedy: "Give it another name.",
    severity: "warning",
  }));
};
