/** A browser as far as cookies go: it keeps them, sends them, and follows no redirect by itself. */
export interface Browser {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  login(user: string): Promise<Answer>;
  /** The value of the Cookie field that it would send. */
  cookies(): string;
  setCookie(name: string, value: string): void;
  /** Every answer it ever saw, head and body, as text: what must never appear in it can be looked for. */
  readonly seen: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T>(): T;
}

export function openBrowser(origin: string): Browser {
  const jar = new Map<string, string>();
  const seen: string[] = [];
  const cookies = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  return {
    get: (path, headers = {}) => send("GET", path, headers),
    post: (path, form = {}, headers = {}) =>
      send(
        "POST",
        path,
        { origin, "content-type": "application/x-www-form-urlencoded", ...headers },
        String(new URLSearchParams(form)),
      ),
    login(user) {
      return this.post("/login", { username: user, password: `${user}-pw` });
    },
    cookies,
    setCookie: (name, value) => void jar.set(name, value),
    seen,
  };

  async function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const cookie: Record<string, string> = jar.size === 0 ? {} : { cookie: cookies() };
    const response = await fetch(new URL(path, origin), {
      method,
      headers: { ...cookie, ...headers },
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) keep(line);
    const text = await response.text();
    seen.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  function keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const [name = "", ...value] = pair.split("=");
    const isGone = attributes.some((attribute) => /^\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(attribute));
    if (isGone) jar.delete(name.trim());
    else jar.set(name.trim(), value.join("="));
  }
}
