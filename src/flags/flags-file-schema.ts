import { z } from "zod";

/** unleash-client's operators: those that compare with a list, and those that compare with one value. */
const LIST_OPERATORS = ["IN", "NOT_IN", "STR_ENDS_WITH", "STR_STARTS_WITH", "STR_CONTAINS", "IN_CIDR"] as const;
const VALUE_OPERATORS = [
  "NUM_EQ",
  "NUM_GT",
  "NUM_GTE",
  "NUM_LT",
  "NUM_LTE",
  "DATE_AFTER",
  "DATE_BEFORE",
  "REGEX",
  "SEMVER_EQ",
  "SEMVER_GT",
  "SEMVER_GTE",
  "SEMVER_LT",
  "SEMVER_LTE",
] as const;

const common = {
  contextName: z
    .string()
    .min(1)
    .meta({ description: "A context field: `userId`, `bucket`, `remoteAddress`, or a property such as a claim." }),
  inverted: z.boolean().optional().meta({ description: "true: the constraint holds where it else would not." }),
  caseInsensitive: z.boolean().optional().meta({ description: "Only for the STR_ operators and REGEX." }),
};

const constraintSchema = z.union([
  z.strictObject({ ...common, operator: z.enum(LIST_OPERATORS), values: z.array(z.string().min(1)).min(1) }),
  z.strictObject({
    ...common,
    operator: z.enum(VALUE_OPERATORS),
    value: z.union([z.string().min(1), z.number()]),
  }),
]);

/** A flag that is neither on nor off for everybody. All that is given must name somebody: an empty object is an error. */
export const flagRulesSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .meta({ description: "false: off for everybody, while the rules stay. Default: true." }),
    percent: z.int().min(0).max(100).optional().meta({
      description: "The share for whom the flag is on. Default: 100, or 0 where only `users` is given.",
    }),
    users: z.array(z.string().min(1)).min(1).optional().meta({
      description: "User ids for whom the flag is on whatever the percentage and the constraints say.",
    }),
    stickiness: z.string().min(1).optional().meta({
      description: "The context field that the percentage is computed from. Default: `bucket`.",
    }),
    constraints: z.array(constraintSchema).min(1).optional().meta({
      description: "The percentage is one of those who meet all of these constraints.",
    }),
  })
  .refine((rules) => rules.percent !== undefined || rules.users !== undefined || rules.constraints !== undefined, {
    error: "Nobody is named.",
  });

export type FlagRules = z.output<typeof flagRulesSchema>;
export type FlagConstraint = z.output<typeof constraintSchema>;

/** What flags.json says of one flag. */
export type FlagDefinition = boolean | FlagRules;
