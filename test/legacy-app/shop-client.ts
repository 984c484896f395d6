/** A browser reduced to what the tests need: one cookie jar, redirects shown rather than followed. */
export interface ShopClient {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends a form, as the shop's own pages do. */
  post(path: string, fields?: Record<string, string>): Promise<Response>;
  login(name: string, password?: string): Promise<Response>;
  /** The cookie that the shop last gave, as `name=value`; empty: none. */
  cookie(): string;
}

const AS_BROWSER = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

export function shopClient(url: string, startCookie = ""): ShopClient {
  let cookie = startCookie;

  async function send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (cookie !== "") headers.set("cookie", cookie);
    const answer = await fetch(url + path, { ...init, headers, redirect: "manual" });
    cookie = answer.headers.getSetCookie().at(-1)?.split(";", 1)[0] ?? cookie;
    return answer;
  }

  const post = (path: string, fields: Record<string, string> = {}) =>
    send(path, { method: "POST", headers: AS_BROWSER, body: new URLSearchParams(fields) });

  return {
    get: (path, headers = AS_BROWSER) => send(path, { headers }),
    post,
    login: (name, password = `${name}-pw`) => post("/login", { username: name, password }),
    cookie: () => cookie,
  };
}
