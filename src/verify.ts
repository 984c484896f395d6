/**
 * `figway/verify`, for the author of a modern service: who is the user that figway sent here?
 * Stands on jose and node's own modules alone, so that a service can install it without the rest of figway's code running.
 */
export {
  type AuthenticateOptions,
  type Authentication,
  type AuthenticatedRequest,
  authenticate,
  type Refusal,
} from "./verify/authenticate.ts";
export {
  type FigwayMiddleware,
  type FigwayRequest,
  optionalUser,
  requireUser,
  sendRefusal,
  userOf,
} from "./verify/require-user.ts";
export { createTestIssuer, type TestIssuer, type TestIssuerOptions, type TestToken } from "./verify/test-issuer.ts";
export { TokenError, type TokenErrorCode } from "./verify/token-error.ts";
export type { VerifiedIdentity } from "./verify/verified-identity.ts";
export { createVerifier, type TokenAlgorithm, type Verifier, type VerifierOptions } from "./verify/verifier.ts";
