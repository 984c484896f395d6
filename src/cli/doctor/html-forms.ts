/** A form of a page, as far as filling it in needs. */
export interface HtmlForm {
  /** In upper case. */
  readonly method: "GET" | "POST";
  /** As it stands there; undefined: the page's own address. */
  readonly action: string | undefined;
  readonly inputs: readonly HtmlInput[];
}

export interface HtmlInput {
  /** In lower case; `text` where there is none. */
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly autocomplete: string;
  readonly isChecked: boolean;
}

const FORM = /<form\b([^>]*)>([\s\S]*?)<\/form\s*>/gi;
const INPUT = /<input\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The forms of a page with their named inputs. Reads what servers write, not everything that browsers forgive. */
export function htmlForms(page: string): HtmlForm[] {
  return [...page.matchAll(FORM)].map(([, attributeText = "", content = ""]) => {
    const attributes = attributesOf(attributeText);
    return {
      method: attributes.get("method")?.toUpperCase() === "POST" ? "POST" : "GET",
      action: attributes.get("action") || undefined,
      inputs: [...content.matchAll(INPUT)].flatMap(([, text = ""]) => inputOf(attributesOf(text))),
    };
  });
}

/** The form that asks for a password. */
export function loginFormOf(page: string): HtmlForm | undefined {
  return htmlForms(page).find(({ inputs }) => inputs.some(({ type }) => type === "password"));
}

/** The fields that a browser would send back unasked: hidden ones (CSRF tokens among them) and ticked boxes. */
export function presetFields({ inputs }: HtmlForm): [name: string, value: string][] {
  return inputs
    .filter(({ type, isChecked }) => type === "hidden" || (type === "checkbox" && isChecked))
    .map(({ name, value }) => [name, value]);
}

const TYPED = new Set(["text", "email", "tel", "search", "number"]);
const LIKE_A_USER = /user|mail|login|account|ident|name/i;

/** The names of the fields for user and password, guessed; undefined where the form has no such fields. */
export function credentialFields({ inputs }: HtmlForm): { user: string; password: string } | undefined {
  const password = inputs.find(({ type }) => type === "password");
  const typed = inputs.filter(({ type }) => TYPED.has(type));
  const user =
    typed.find(({ autocomplete }) => autocomplete.includes("username")) ??
    typed.find(({ name }) => LIKE_A_USER.test(name)) ??
    typed[0];
  return user === undefined || password === undefined ? undefined : { user: user.name, password: password.name };
}

function inputOf(attributes: ReadonlyMap<string, string>): HtmlInput[] {
  const name = attributes.get("name");
  if (name === undefined || name === "") return [];
  return [
    {
      type: attributes.get("type")?.toLowerCase() || "text",
      name,
      value: attributes.get("value") ?? "",
      autocomplete: attributes.get("autocomplete")?.toLowerCase() ?? "",
      isChecked: attributes.has("checked"),
    },
  ];
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single, bare] of text.matchAll(ATTRIBUTE)) {
    attributes.set(name.toLowerCase(), decodeEntities(double ?? single ?? bare ?? ""));
  }
  return attributes;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (entity, decimal, hexadecimal, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? entity;
    const code = decimal === undefined ? Number.parseInt(String(hexadecimal), 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
