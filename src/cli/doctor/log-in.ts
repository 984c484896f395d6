import { CommandFailure } from "../command-failure.ts";
import { credentialFields, type HtmlForm, loginFormOf, presetFields } from "./html-forms.ts";
import type { Visit, VisitAnswer, Visitor } from "./visitor.ts";

/** How to log in: the form's fields as they are sent, or a user and a password for fields that are guessed. */
export type Credentials =
  | { readonly kind: "form"; readonly fields: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "user"; readonly user: string; readonly password: string };

export interface LoginRequest {
  readonly loginPath: string;
  readonly credentials: Credentials;
  /** Awaited once the form was shown. */
  readonly onForm?: () => Promise<void>;
  /** Awaited between the head and the body of the login's answer. */
  readonly onHead?: () => Promise<void>;
}

export interface Login {
  readonly answer: VisitAnswer;
  /** Where the form was sent to. */
  readonly path: string;
  /** Where a browser would go next; `/` where the answer does not say. */
  readonly landsOn: string;
}

/**
 * Logs in as a browser would: reads the form, sends its hidden fields back, fills in the rest.
 *
 * @throws CommandFailure where legacy refuses, or where nobody can tell what to send
 */
export async function logIn(visitor: Visitor, request: LoginRequest): Promise<Login> {
  const { loginPath, credentials, onForm, onHead } = request;
  const page = await visitor.send({ method: "GET", path: loginPath });
  await onForm?.();
  const form = page.status < 300 ? loginFormOf(page.body) : undefined;
  const path = form?.action === undefined ? loginPath : pathOf(form.action, loginPath);
  const visit: Visit = { method: "POST", path, form: fieldsToSend(form, credentials, loginPath) };
  const answer = await visitor.send(onHead === undefined ? visit : { ...visit, onHead });
  const refusal = refusalOf(answer, path, loginPath);
  if (refusal !== undefined) throw new CommandFailure(refusal);
  return { answer, path, landsOn: answer.location ?? "/" };
}

function fieldsToSend(
  form: HtmlForm | undefined,
  credentials: Credentials,
  loginPath: string,
): (readonly [string, string])[] {
  const preset = form === undefined ? [] : presetFields(form);
  if (credentials.kind === "form") {
    const given = new Set(credentials.fields.map(([name]) => name));
    return [...preset.filter(([name]) => !given.has(name)), ...credentials.fields];
  }
  const names = form === undefined ? undefined : credentialFields(form);
  if (names === undefined) {
    throw new CommandFailure(
      `GET ${loginPath} shows no form with a user and a password: name the page with --login PATH, or the fields with --form "name=value&name=value".`,
    );
  }
  return [...preset, [names.user, credentials.user], [names.password, credentials.password]];
}

function refusalOf({ status, body, location }: VisitAnswer, path: string, loginPath: string): string | undefined {
  const said = `POST ${path} was answered with ${status}`;
  if (status === 404 || status === 405) return `Nobody logs in there: ${said}. Name the login page with --login PATH.`;
  if (status === 429) return `Legacy takes no more logins for now: ${said}. Try again later.`;
  if (status === 403) return `Legacy refused the login: ${said}. The password is wrong, or a CSRF token is missing.`;
  if (status >= 500) return `Legacy failed at the login: ${said}. Its log says why.`;
  if (status >= 400) return `Legacy refused the login: ${said}. Is the password right, are these the form's fields?`;
  const showsFormAgain = status < 300 && loginFormOf(body) !== undefined;
  const sendsBack = status >= 300 && location !== undefined && location.split("?", 1)[0] === loginPath;
  if (!showsFormAgain && !sendsBack) return undefined;
  return `Legacy refused the login: ${said} and ${showsFormAgain ? "the form again" : `a redirect to ${loginPath}`}. Is the password right, are these the form's fields?`;
}

/** The path and query of a link on this page; of a link to another site as well, which then answers for itself. */
export function pathOf(link: string, page: string): string {
  const url = URL.parse(link, new URL(page, "http://site.invalid"));
  return url === null ? page : url.pathname + url.search;
}
