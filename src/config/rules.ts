import { authNeedsSession } from "./rules/auth-needs-session.ts";
import { claimsKeepTheirNames } from "./rules/claims-keep-their-names.ts";
import { distinctAudiences } from "./rules/distinct-audiences.ts";
import { distinctListeners } from "./rules/distinct-listeners.ts";
import { flagOrTarget } from "./rules/flag-or-target.ts";
import { legacyExists } from "./rules/legacy-exists.ts";
import { legacyNeedsNoFlag } from "./rules/legacy-needs-no-flag.ts";
import { methodsThatArrive } from "./rules/methods-that-arrive.ts";
import { modernOnlySettings } from "./rules/modern-only-settings.ts";
import { noEqualRanks } from "./rules/no-equal-ranks.ts";
import { reservedPaths } from "./rules/reserved-paths.ts";
import { reservedRouteId } from "./rules/reserved-route-id.ts";
import { rewriteOrStripPrefix } from "./rules/rewrite-or-strip-prefix.ts";
import { rolesNeedAuth } from "./rules/roles-need-auth.ts";
import { rolesNeedClaim } from "./rules/roles-need-claim.ts";
import type { Rule } from "./rules/rule.ts";
import { secretsFromEnvironment } from "./rules/secrets-from-environment.ts";
import { stripPrefixFits } from "./rules/strip-prefix-fits.ts";
import { uniqueRouteIds } from "./rules/unique-route-ids.ts";
import { upstreamExists } from "./rules/upstream-exists.ts";

/** Everything that must hold between the parts of a configuration; what must hold of a part is in its schema. */
export const RULES: readonly Rule[] = [
  legacyExists,
  upstreamExists,
  distinctAudiences,
  distinctListeners,
  uniqueRouteIds,
  reservedRouteId,
  reservedPaths,
  flagOrTarget,
  legacyNeedsNoFlag,
  modernOnlySettings,
  methodsThatArrive,
  noEqualRanks,
  rewriteOrStripPrefix,
  stripPrefixFits,
  rolesNeedClaim,
  rolesNeedAuth,
  authNeedsSession,
  claimsKeepTheirNames,
  secretsFromEnvironment,
];
