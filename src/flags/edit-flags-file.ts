import { parse } from "@humanwhocodes/momoa";
import type { MemberNode, ObjectNode } from "@humanwhocodes/momoa";
import type { FlagValue } from "./flag-source.ts";

/**
 * Sets one flag in the text of a valid flags.json and leaves every other character alone: comments, order, indentation.
 * Rules outlive a rollback: `false` on a flag with rules adds `"enabled": false` to them, and a percentage changes only
 * `percent`. `true` means everybody, so the rules go.
 */
export function editFlagsFile(text: string, flag: string, value: FlagValue): string {
  if (text.startsWith("\uFEFF")) return `\uFEFF${editFlagsFile(text.slice(1), flag, value)}`;
  const { body } = parse(text, { mode: "jsonc", allowTrailingCommas: true });
  if (body.type !== "Object") throw new TypeError("a flag file is an object");
  const member = memberOf(body, flag);
  if (member === undefined) return addMember(text, body, `${JSON.stringify(flag)}: ${toJson(value)}`);
  if (value === true || member.value.type !== "Object") return replace(text, member.value, toJson(value));
  if (value === false) return setField(text, member.value, "enabled", "false");
  const shared = setField(text, member.value, "percent", String(value.percent));
  return memberOf(member.value, "enabled") === undefined ? shared : setEnabled(shared, flag);
}

function toJson(value: FlagValue): string {
  return typeof value === "boolean" ? String(value) : `{ "percent": ${value.percent} }`;
}

/** After a rollback: a percentage means that the flag is on again. */
function setEnabled(text: string, flag: string): string {
  const { body } = parse(text, { mode: "jsonc", allowTrailingCommas: true });
  const rules = body.type === "Object" ? memberOf(body, flag)?.value : undefined;
  return rules?.type === "Object" ? setField(text, rules, "enabled", "true") : text;
}

function setField(text: string, object: ObjectNode, field: string, json: string): string {
  const member = memberOf(object, field);
  if (member !== undefined) return replace(text, member.value, json);
  return addMember(text, object, `${JSON.stringify(field)}: ${json}`);
}

function memberOf(object: ObjectNode, name: string): MemberNode | undefined {
  return object.members.find(
    (member) => (member.name.type === "String" ? member.name.value : member.name.name) === name,
  );
}

function replace(text: string, node: { loc: MemberNode["loc"] }, json: string): string {
  return text.slice(0, node.loc.start.offset) + json + text.slice(node.loc.end.offset);
}

/** Behind the last member, set out as that one is: on a line of its own with the same indentation, or on the same line. */
function addMember(text: string, object: ObjectNode, json: string): string {
  const last = object.members.at(-1);
  if (last === undefined) {
    const inside = object.loc.start.offset + 1;
    return `${text.slice(0, inside)}\n  ${json}\n${text.slice(inside).replace(/^\s+(?=\})/, "")}`;
  }
  const lineStart = text.lastIndexOf("\n", last.loc.start.offset - 1) + 1;
  const before = text.slice(lineStart, last.loc.start.offset);
  const newline = text[lineStart - 2] === "\r" ? "\r\n" : "\n";
  const separator = before.trim() === "" && lineStart > 0 ? `,${newline}${before}` : ", ";
  return text.slice(0, last.loc.end.offset) + separator + json + text.slice(last.loc.end.offset);
}
