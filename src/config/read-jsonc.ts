import { type DocumentNode, type MemberNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import type { Finding } from "./finding.ts";
import type { JsonPath } from "./json-path.ts";

/** A place in the text, both counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export type JsoncResult =
  | {
      readonly kind: "read";
      readonly value: unknown;
      /** Names that JSON allows but that would be lost or misread: a member given twice, `__proto__`. */
      readonly findings: readonly Finding[];
      /** Where the value (or the name of the member) at a path stands; of what is missing, where its parent stands. */
      locate(path: JsonPath, at?: "name"): TextPosition | undefined;
    }
  | { readonly kind: "malformed"; readonly message: string; readonly position: TextPosition | undefined };

/** Reads JSON with comments and trailing commas. Never throws. */
export function readJsonc(text: string): JsoncResult {
  try {
    const document = parse(text.startsWith("\uFEFF") ? text.slice(1) : text, {
      mode: "jsonc",
      allowTrailingCommas: true,
    });
    const findings: Finding[] = [];
    const value = toValue(document.body, [], findings);
    return { kind: "read", value, findings, locate: (path, at) => locate(document, path, at) };
  } catch (error) {
    return malformed(error);
  }
}

function toValue(node: ValueNode, path: JsonPath, findings: Finding[]): unknown {
  if (node.type === "Object") return toObject(node.members, path, findings);
  if (node.type === "Array") {
    return node.elements.map((element, index) => toValue(element.value, [...path, index], findings));
  }
  return "value" in node ? node.value : null;
}

function toObject(members: readonly MemberNode[], path: JsonPath, findings: Finding[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const member of members) {
    const name = nameOf(member);
    const memberPath = [...path, name];
    if (name === "__proto__") {
      findings.push({
        path: memberPath,
        message: "A member may not be called `__proto__`.",
        remedy: "Take it out.",
        at: "name",
      });
      continue;
    }
    if (Object.hasOwn(object, name)) {
      findings.push({
        path: memberPath,
        message: `\`${name}\` is given twice, and only the last one would count.`,
        remedy: "Keep one of the two.",
        at: "name",
      });
    }
    object[name] = toValue(member.value, memberPath, findings);
  }
  return object;
}

function nameOf(member: MemberNode): string {
  return member.name.type === "String" ? member.name.value : member.name.name;
}

function locate(document: DocumentNode, path: JsonPath, at: "name" | undefined): TextPosition {
  let node: ValueNode = document.body;
  let position: TextPosition = node.loc.start;
  for (const [index, step] of path.entries()) {
    if (node.type === "Array" && typeof step === "number") {
      const element = node.elements[step];
      if (element === undefined) break;
      node = element.value;
      position = node.loc.start;
    } else if (node.type === "Object") {
      const member: MemberNode | undefined = node.members.findLast((member) => nameOf(member) === step);
      if (member === undefined) break;
      node = member.value;
      position = at === "name" && index === path.length - 1 ? member.name.loc.start : node.loc.start;
    } else break;
  }
  return { line: position.line, column: position.column };
}

/** momoa's errors quote the text they stumble over, which may be a secret; the position says as much. */
function malformed(error: unknown): JsoncResult {
  if (error instanceof RangeError) {
    return { kind: "malformed", message: "The file is nested too deeply.", position: undefined };
  }
  const { message, line, column } = error as { message?: unknown; line?: unknown; column?: unknown };
  const position = typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
  const atEnd = typeof message === "string" && message.includes("end of input");
  return {
    kind: "malformed",
    message: atEnd ? "The file ends in the middle of its JSON." : "The file is not valid JSON from here on.",
    position,
  };
}
