import { type ConformanceCase, methodsIn, type Observed, readAnswers, type Verdict } from "./conformance-case.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";
import type { RawOrigin } from "./raw-origin.ts";

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** How long to look on after the last expected answer, for what should not come. */
const SETTLE_MS = 30;
const PATIENCE_MS = 2_500;

/** Runs one case against a proxy that listens on `port` and forwards to `origin`. */
export async function runCase(testCase: ConformanceCase, port: number, origin: RawOrigin): Promise<Verdict> {
  const clients: RawClient[] = [];
  const connect = (octets?: string): RawClient => {
    const client = connectRaw(port, octets);
    clients.push(client);
    return client;
  };
  origin.behave(testCase.origin ?? OK);
  try {
    if ("play" in testCase) return await testCase.play({ origin, connect });
    const methods = methodsIn(testCase.client);
    const client = connect(testCase.client);
    const expected = testCase.answers ?? 1;
    const done = (received: string): boolean => {
      if (client.state() !== "open") return true;
      const { answers } = readAnswers(received, methods);
      return answers.length >= expected && answers.every((answer) => answer.complete);
    };
    await client.until(done, PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return testCase.verdict(observe(client, origin, methods));
  } catch (error) {
    return `the case itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  } finally {
    for (const client of clients) client.destroy();
  }
}

export function observe(client: RawClient, origin: RawOrigin, methods: readonly string[]): Observed {
  const raw = client.received();
  return {
    ...readAnswers(raw, methods),
    raw,
    closed: client.state() !== "open",
    requests: [...origin.requests],
    garbage: [...origin.garbage],
  };
}
