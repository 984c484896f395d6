import type { RequestHandler } from "express";
import { authenticate, type FigwayRequest, requireUser, sendRefusal, type Verifier } from "../src/verify.ts";
import { refuse, wantsPage } from "./problem.ts";

/** `requireUser` for pages: a person who is not logged in, or lacks the role, is told so by a page; programs get a problem document. */
export function requirePageUser(verifier: Verifier, role?: string): RequestHandler {
  const requireForPrograms = requireUser(verifier, role === undefined ? {} : { roles: [role] });
  return async (req, res, next) => {
    if (!wantsPage(req)) return await requireForPrograms(req, res, next);
    const authentication = await authenticate(verifier, req);
    switch (authentication.kind) {
      case "refused":
        return sendRefusal(res, authentication.refusal);
      case "anonymous": {
        const detail = "This page is for customers who are logged in.";
        res.set("www-authenticate", "Bearer");
        return refuse(req, res, { status: 401, title: "Please log in", detail });
      }
      case "user": {
        (req as FigwayRequest).figway = authentication.user;
        if (role === undefined || authentication.user.roles.includes(role)) return next();
        return refuse(req, res, { status: 403, title: "No access", detail: `This page needs the role ${role}.` });
      }
    }
  };
}
