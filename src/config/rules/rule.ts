import type { ConfigDraft } from "../config-draft.ts";
import type { Finding } from "../finding.ts";

/** One thing that must hold between the parts of a configuration. Says nothing about what the draft is not certain of. */
export type Rule = (draft: ConfigDraft) => readonly Finding[];
