import { EXAMPLES } from "./configuration-examples.ts";
import { INTRODUCTION, NOTES } from "./configuration-texts.ts";
import { configJsonSchema, type SchemaNode } from "./published-schema.ts";

/** docs/configuration.md: a section for each member of routes.json, a table row for each setting. */
export function configurationDocs(): string {
  const { properties = {} } = configJsonSchema();
  const sections = Object.entries(properties)
    .filter(([, node]) => isSection(asNode(node)))
    .flatMap(([name, node]) => sectionText(name, asNode(node)));
  const rest = Object.entries(properties).filter(([, node]) => !isSection(asNode(node)));
  const topLevel = [
    "## Other members",
    "",
    table(
      "",
      rest.map(([name, node]) => [name, asNode(node)]),
    ),
    "",
  ];
  return [INTRODUCTION, ...sections, ...topLevel].join("\n");
}

function asNode(node: unknown): SchemaNode {
  return typeof node === "object" && node !== null ? (node as SchemaNode) : {};
}

/** A member that holds settings, rather than being one. */
function isSection(node: SchemaNode): boolean {
  return settingsOf(node).length > 0;
}

/** The kinds of settings that a member can hold: one, or one for each option of a union. */
function settingsOf(node: SchemaNode): { suffix: string; option: string | undefined; node: SchemaNode }[] {
  if (node.properties !== undefined) return [{ suffix: "", option: undefined, node }];
  if (node.oneOf !== undefined)
    return node.oneOf.map((option) => ({ suffix: "", option: optionName(asNode(option)), node: asNode(option) }));
  const items = asNode(node.items);
  if (items.properties !== undefined) return [{ suffix: "[]", option: undefined, node: items }];
  const values = asNode(node.additionalProperties);
  return values.properties === undefined ? [] : [{ suffix: ".<name>", option: undefined, node: values }];
}

function optionName({ properties = {} }: SchemaNode): string {
  const [name, node] = Object.entries(properties).find(([, node]) => asNode(node).const !== undefined) ?? ["", {}];
  return `\`"${name}": ${JSON.stringify(asNode(node).const)}\``;
}

function sectionText(path: string, node: SchemaNode): string[] {
  const level = path.includes(".") ? "###" : "##";
  const lines = [`${level} \`${path}\``, "", describe(path, node), ""];
  for (const { suffix, option, node: settings } of settingsOf(node)) {
    if (option !== undefined) lines.push(`${level}# \`${path}\` with ${option}`, "");
    lines.push(...memberTexts(`${path}${suffix}`, settings));
  }
  if (EXAMPLES[path] !== undefined) lines.push("```jsonc", EXAMPLES[path], "```", "");
  if (NOTES[path] !== undefined) lines.push(NOTES[path], "");
  return lines;
}

/** The table of an object's plain members, and then a section for each other one. */
function memberTexts(path: string, settings: SchemaNode): string[] {
  const members = Object.entries(settings.properties ?? {}).map(([name, member]) => [name, asNode(member)] as const);
  const rows = members.filter(([, member]) => !isSection(member));
  const sections = members.filter(([, member]) => isSection(member));
  return [
    ...(rows.length === 0 ? [] : [table(path, rows, new Set(settings.required)), ""]),
    ...sections.flatMap(([name, member]) => sectionText(`${path}.${name}`, member)),
  ];
}

function table(
  path: string,
  rows: readonly (readonly [string, SchemaNode])[],
  required: ReadonlySet<string> = new Set(),
): string {
  const lines = rows.map(([name, node]) => {
    const byDefault =
      node.default === undefined ? (required.has(name) ? "needed" : "–") : code(JSON.stringify(node.default));
    return `| \`${name}\` | ${typeOf(node)} | ${byDefault} | ${describe(`${path}.${name}`, node)} |`;
  });
  return ["| Member | Type | Default | Meaning |", "|---|---|---|---|", ...lines].join("\n");
}

function describe(path: string, node: SchemaNode): string {
  if (node.description !== undefined) return node.description.replaceAll("|", "\\|");
  if (node.const !== undefined) return "Chooses this form.";
  throw new Error(`src/config/schema: ${path} has no description; docs/configuration.md is made from them`);
}

function typeOf(node: SchemaNode): string {
  if (node.const !== undefined) return code(JSON.stringify(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(JSON.stringify(value))).join(", ");
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map((option) => typeOf(asNode(option))))].join(" or ");
  const { type } = node;
  if (type === "integer" || type === "number") return `number${rangeOf(node)}`;
  if (type === "array") return `list of ${typeOf(asNode(node.items))}`;
  if (type === "object") {
    return node.additionalProperties === false
      ? "object"
      : `object: name → ${typeOf(asNode(node.additionalProperties))}`;
  }
  return node.format === "uri" ? "address" : [type].flat().join(" or ");
}

function rangeOf({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined || maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER) {
    return minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? "" : `, ${minimum} or more`;
  }
  return `, ${minimum} to ${maximum}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
