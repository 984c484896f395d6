import type { z } from "zod";
import type { Finding } from "./finding.ts";
import { formatPath, type JsonPath, valueAt } from "./json-path.ts";
import { nearestName } from "./nearest-name.ts";

type Issue = z.core.$ZodIssue;

/**
 * What the schema says of a value, in sentences. Values are never quoted: they may have come from the environment.
 * `knownNames` gives the members that the schema knows at a place.
 */
export function schemaFindings(
  issues: readonly Issue[],
  root: unknown,
  knownNames: (path: JsonPath) => readonly string[],
): Finding[] {
  const unknownNames = issues.flatMap((issue) => unknownNameFindings(issue, knownNames));
  const probablyMeant = new Set(unknownNames.map(({ path, meant }) => formatPath([...path.slice(0, -1), meant ?? ""])));
  const others = issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return [];
    const path = issue.path as JsonPath;
    const isMissing = path.length > 0 && valueAt(root, path) === undefined;
    // A misspelt name is one mistake, not two.
    if (isMissing && probablyMeant.has(formatPath(path))) return [];
    return [isMissing ? missing(path) : describe(issue, path)];
  });
  return [...unknownNames, ...others];
}

/** The member that a misspelt one probably stands for, by the place of its object; for rules that must not guess. */
export function unknownNameFindings(
  issue: Issue,
  knownNames: (path: JsonPath) => readonly string[],
): (Finding & { readonly meant: string | undefined })[] {
  if (issue.code !== "unrecognized_keys") return [];
  const parent = issue.path as JsonPath;
  const known = knownNames(parent);
  return issue.keys.map((name) => {
    const meant = nearestName(name, known);
    const remedy =
      meant === undefined
        ? `Take it out${known.length === 0 ? "" : `; known here: ${known.map((other) => `\`${other}\``).join(", ")}`}.`
        : `Did you mean \`${meant}\`?`;
    return { path: [...parent, name], message: `\`${name}\` is not a known key.`, remedy, at: "name", meant };
  });
}

function missing(path: JsonPath): Finding {
  const name = formatPath(path.slice(-1));
  return { path, message: `\`${name}\` is missing.`, remedy: `Add \`${name}\`.` };
}

function describe(issue: Issue, path: JsonPath): Finding {
  switch (issue.code) {
    case "invalid_type":
      return { path, message: `This must be ${withArticle(issue.expected)}.`, remedy: typeRemedy(issue.expected) };
    case "invalid_value":
      return { path, ...choice(issue.values) };
    case "invalid_union":
      return { path, ...union(issue) };
    case "too_small":
      return { path, ...bound(issue.origin, "at least", Number(issue.minimum)) };
    case "too_big":
      return { path, ...bound(issue.origin, "at most", Number(issue.maximum)) };
    case "invalid_format":
      return { path, ...format(issue) };
    case "invalid_key": {
      const reason = issue.issues[0];
      const own = reason?.code === "invalid_format" ? format(reason).message : "This name is not allowed.";
      return { path, message: own, remedy: "Choose another name.", at: "name" };
    }
    case "custom":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
      break;
  }
  return { path, message: sentence(issue.message), remedy: "See docs/configuration.md." };
}

function withArticle(expected: string): string {
  const names: Record<string, string> = { int: "a whole number", record: "an object", boolean: "true or false" };
  return names[expected] ?? `${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
}

function typeRemedy(expected: string): string {
  switch (expected) {
    case "number":
    case "int":
      return "Write a number, without quotes.";
    case "boolean":
      return "Write true or false, without quotes.";
    case "string":
      return 'Write a string, in "quotes".';
    case "array":
      return "Write a list, in [brackets].";
    case "object":
    case "record":
      return "Write an object, in {braces}.";
    default:
      return "See docs/configuration.md.";
  }
}

function choice(values: readonly unknown[]): Pick<Finding, "message" | "remedy"> {
  const listed = values.map((value) => JSON.stringify(value)).join(", ");
  return {
    message: values.length === 1 ? `This must be ${listed}.` : `This must be one of ${listed}.`,
    remedy: values.length === 1 ? `Write ${listed}.` : "Choose one of them.",
  };
}

function union(issue: Extract<Issue, { code: "invalid_union" }>): Pick<Finding, "message" | "remedy"> {
  const { options } = issue as { options?: readonly unknown[] };
  if (options !== undefined) return choice(options);
  const alternatives = issue.errors.flatMap((errors) => {
    const [first] = errors;
    if (first?.code === "invalid_type") return [withArticle(first.expected)];
    return first?.code === "invalid_value" ? first.values.map((value) => JSON.stringify(value)) : [];
  });
  return { message: `This must be ${alternatives.join(" or ")}.`, remedy: "Choose one of them." };
}

function bound(origin: string, which: "at least" | "at most", limit: number): Pick<Finding, "message" | "remedy"> {
  if (origin === "string" && limit === 1 && which === "at least") {
    return { message: "This must not be empty.", remedy: "Write what it should be." };
  }
  const unit =
    origin === "string" ? " characters long" : origin === "array" ? (limit === 1 ? " entry" : " entries") : "";
  const verb = origin === "array" ? "have" : "be";
  return { message: `This must ${verb} ${which} ${limit}${unit}.`, remedy: "Change it to fit." };
}

function format(issue: Extract<Issue, { code: "invalid_format" }>): Pick<Finding, "message" | "remedy"> {
  if (issue.format === "url") {
    return {
      message: "This is not an address of the kind that is wanted here.",
      remedy: "Write an address such as http://127.0.0.1:4000 (redis://… for a Redis).",
    };
  }
  const hasOwnMessage = !issue.message.startsWith("Invalid");
  return {
    message: hasOwnMessage ? sentence(issue.message) : "This is not in the form that is wanted here.",
    remedy: "See docs/configuration.md for its form.",
  };
}

/** The schemas' own messages are written as "must be …". */
function sentence(message: string): string {
  const text = message.startsWith("must ") ? `This ${message}` : message;
  return text.endsWith(".") ? text : `${text}.`;
}
