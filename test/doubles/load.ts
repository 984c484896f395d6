import { Agent, type IncomingMessage, request } from "node:http";

/** Requests over keep-alive connections, one after the other on each, until it is stopped. */
export interface Load {
  readonly answered: number;
  /** What went wrong, in words; a request that was rightly sent again is none. */
  readonly failures: readonly string[];
  /** Requests that were sent again on another connection. */
  readonly retries: number;
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** Asked before each request: the address may move on. */
  readonly url: () => string;
  readonly connections: number;
  readonly check?: (answer: { status: number; body: string }) => string | undefined;
}

/**
 * A client as RFC 9112 wants it: it honours `Connection: close`, and sends a request again once where a reused connection was closed
 * before a byte of answer (§9.5).
 */
export function startLoad({ url, connections, check = () => undefined }: LoadOptions): Load {
  const failures: string[] = [];
  let answered = 0;
  let retries = 0;
  const stopping = new AbortController();
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const workers = agents.map(run);
  return {
    get answered() {
      return answered;
    },
    failures,
    get retries() {
      return retries;
    },
    async stop() {
      stopping.abort();
      await Promise.all(workers);
      for (const agent of agents) agent.destroy();
    },
  };

  async function run(agent: Agent): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const answer = await ask(agent, url()).catch(async (error: AskError) => {
          if (!error.mayRetry) throw error;
          retries++;
          return await ask(agent, url());
        });
        const complaint = answer.status === 200 ? check(answer) : `status ${answer.status}`;
        if (complaint === undefined) answered++;
        else failures.push(complaint);
      } catch (error) {
        failures.push(String(error));
        // A broken figway must not be asked in a hot loop.
        await new Promise((next) => setTimeout(next, 10));
      }
    }
  }
}

class AskError extends Error {
  readonly mayRetry: boolean;

  constructor(message: string, mayRetry: boolean) {
    super(message);
    this.mayRetry = mayRetry;
  }
}

function ask(agent: Agent, url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response: IncomingMessage) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, body });
        else reject(new AskError("the answer broke off", false));
      });
      response.on("error", (error) => reject(new AskError(String(error), false)));
    });
    sent.on("error", (error) => reject(new AskError(String(error), sent.reusedSocket)));
    sent.end();
  });
}
