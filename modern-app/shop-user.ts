import type { ShopUser } from "../demo/shop-data.ts";
import { type FigwayRequest, userOf, type VerifiedIdentity } from "../src/verify.ts";

/** The user as the shop knows him, from what the token proves. */
export function shopUserFrom(identity: VerifiedIdentity): ShopUser {
  const { name } = identity.claims;
  return { id: identity.subject, name: typeof name === "string" ? name : identity.subject, roles: identity.roles };
}

/** The user of this request, where one is logged in. */
export function shopUserIn(req: FigwayRequest): ShopUser | undefined {
  return req.figway === undefined ? undefined : shopUserFrom(req.figway);
}

/** For routes behind requireUser. */
export function shopUserOf(req: FigwayRequest): ShopUser {
  return shopUserFrom(userOf(req));
}
