const TOKEN_KEY = "figway-admin-token";

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** The gateway wants a token, or another one. */
export class SignInNeeded extends Error {
  constructor() {
    super("The gateway does not take the token any more: sign in again.");
  }
}

/** What the gateway refused; the message is its own sentence. */
export class Refused extends Error {}

export function hasToken() {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

/** @param {string | undefined} token */
export function keepToken(token) {
  if (token === undefined) sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, token);
}

/** @returns {Record<string, string>} */
function credentials() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/**
 * @param {string} path
 * @returns {Promise<any>} the answer's JSON
 */
export async function read(path) {
  const answer = await fetch(path, { headers: credentials(), signal: AbortSignal.timeout(TIMEOUT_MS) });
  return await contentOf(answer);
}

/**
 * @param {"PUT" | "DELETE" | "POST"} method
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>} the answer's JSON
 */
export async function send(method, path, body) {
  const headers = { ...credentials(), "content-type": "application/json" };
  const init = { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) };
  const answer = await fetch(path, init);
  return await contentOf(answer);
}

/**
 * An event stream by fetch, because EventSource cannot send the token. Resolves when it ends.
 *
 * @param {string} path
 * @param {{ opened(): void, message(event: string, data: any): void }} listener
 */
export async function readStream(path, listener) {
  const answer = await fetch(path, { headers: credentials() });
  if (!answer.ok || answer.body === null) {
    await contentOf(answer);
    return;
  }
  listener.opened();
  let rest = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = (rest + value).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) tell(message, listener);
  }
}

/**
 * @param {string} message  the lines of one message, which figway sends with one data line at the most
 * @param {{ message(event: string, data: any): void }} listener
 */
function tell(message, listener) {
  const event = /^event: (.*)$/m.exec(message)?.[1] ?? "message";
  const data = /^data: (.*)$/m.exec(message)?.[1];
  if (data !== undefined) listener.message(event, JSON.parse(data));
}

/** @param {Response} answer */
async function contentOf(answer) {
  const text = await answer.text();
  if (answer.status === 401) throw new SignInNeeded();
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Refused(`The gateway answered ${answer.status} with something that is not JSON.`);
  }
  if (!answer.ok) throw new Refused(content.detail ?? `The gateway answered ${answer.status}.`);
  return content;
}
