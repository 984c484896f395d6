import type { Readable } from "node:stream";
import { Pool } from "undici";
import type { WhoamiConfig } from "../../config/schema/identity.ts";
import type { ResolveRequest } from "../../model/identity.ts";
import { describeError } from "../../telemetry/log.ts";

/**
 * What legacy says of a credential: a document; that nobody is logged in; something that cannot be understood; or no word at all.
 * Only silence is the endpoint's fault for sure: what cannot be understood may be what one client's odd cookie earned.
 */
export type WhoamiAnswer =
  | { readonly kind: "document"; readonly document: unknown }
  | { readonly kind: "nobody" }
  | { readonly kind: "not-understood"; readonly cause: string }
  | { readonly kind: "no-answer"; readonly cause: string };

export interface WhoamiQuestion extends Pick<ResolveRequest, "scheme" | "host" | "clientAddress"> {
  /** The configured cookies and no other, as a `Cookie` field. */
  readonly cookie: string;
}

const NOBODY: WhoamiAnswer = { kind: "nobody" };
/** What a field value may hold (RFC 9110 §5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Asks the whoami endpoint. Nothing rejects, and no redirect is followed: the cookies go nowhere but to the configured URL. */
export class WhoamiEndpoint {
  readonly #config: WhoamiConfig;
  readonly #pool: Pool;
  readonly #path: string;

  constructor(config: WhoamiConfig) {
    const url = new URL(config.url);
    this.#config = config;
    this.#path = url.pathname + url.search;
    this.#pool = new Pool(url.origin, {
      connections: config.maxConnections,
      connect: { timeout: config.timeoutMs },
      pipelining: 1,
    });
  }

  async ask(question: WhoamiQuestion): Promise<WhoamiAnswer> {
    if (!FIELD_VALUE.test(question.cookie)) {
      return { kind: "not-understood", cause: "the cookie holds characters that no header field can carry" };
    }
    try {
      const answer = await this.#pool.request({
        path: this.#path,
        method: "GET",
        headers: {
          cookie: question.cookie,
          accept: "application/json",
          "cache-control": "no-cache",
          "x-forwarded-for": question.clientAddress,
          // Without it an application behind TLS withholds its `Secure` session, or redirects (FACTS §4).
          "x-forwarded-proto": question.scheme,
          "x-forwarded-host": question.host,
        },
        // The whole exchange, a body that trickles included.
        signal: AbortSignal.timeout(this.#config.timeoutMs),
      });
      return await this.#understand(answer.statusCode, answer.body);
    } catch (error) {
      return { kind: "no-answer", cause: `the whoami endpoint did not answer: ${describeError(error)}` };
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #understand(status: number, body: Readable): Promise<WhoamiAnswer> {
    // Always read, so that the connection can be used again.
    const text = await readAtMost(body, this.#config.maxAnswerBytes);
    const { successStatus, anonymousStatuses, redirectMeans, maxAnswerBytes } = this.#config;
    if (status === successStatus) {
      if (text !== undefined) return parse(text);
      return { kind: "not-understood", cause: `the whoami endpoint's answer is longer than ${maxAnswerBytes} octets` };
    }
    if (anonymousStatuses.includes(status)) return NOBODY;
    if (REDIRECTS.has(status) && redirectMeans === "anonymous") return NOBODY;
    return { kind: "not-understood", cause: `the whoami endpoint answered ${status}` };
  }
}

function parse(text: string): WhoamiAnswer {
  try {
    return { kind: "document", document: JSON.parse(text) };
  } catch {
    return { kind: "not-understood", cause: "the whoami endpoint's answer is not JSON" };
  }
}

/** The text of a body, or undefined where it is longer; leaving the loop then cuts its connection. */
async function readAtMost(body: Readable, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
