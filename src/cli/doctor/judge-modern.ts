import type { Config } from "../../config/schema.ts";
import type { AdminClient } from "../admin-client.ts";
import { CommandFailure } from "../command-failure.ts";
import type { Finding } from "./finding.ts";
import { openUpstreamSite } from "./load-for-doctor.ts";

/** Whether the token-based upstreams answer, and whether they can get figway's keys. */
export async function judgeModern(config: Config, configFile: string, admin: AdminClient): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    if (name === "legacy") continue;
    const site = openUpstreamSite(upstream, { configFile, name, remedy: "start it." });
    try {
      const { status } = await site.visitor().send({ method: "GET", path: "/healthz" });
      const evidence = `${name} answers at ${upstream.url} (GET /healthz: ${status}); it must accept the audience ${upstream.audience ?? name}.`;
      findings.push({ topic: "modern", verdict: status < 500 ? "ok" : "warns", evidence });
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      findings.push({ topic: "modern", verdict: "warns", evidence: error.message });
    } finally {
      await site.close();
    }
  }
  findings.push(await judgeKeys(admin));
  return findings;
}

async function judgeKeys(admin: AdminClient): Promise<Finding> {
  const topic = "keys";
  const url = await publicUrlOf(admin);
  if (url === undefined) {
    return {
      topic,
      verdict: "cannot-tell",
      evidence: `No figway answers at ${admin.url}, so nobody publishes keys yet.`,
    };
  }
  try {
    const answer = await fetch(new URL("/.figway/jwks.json", url), { signal: AbortSignal.timeout(3_000) });
    const { keys } = (await answer.json()) as { keys: unknown[] };
    const evidence = `The running figway publishes ${keys.length} keys at ${url}/.figway/jwks.json.`;
    return { topic, verdict: keys.length > 0 ? "ok" : "warns", evidence };
  } catch {
    return { topic, verdict: "warns", evidence: `${url}/.figway/jwks.json does not answer as it should.` };
  }
}

/** Where the running gateway takes the users' requests; undefined: none runs, or it does not let us ask. */
export async function publicUrlOf(admin: AdminClient): Promise<string | undefined> {
  try {
    const answer = await admin.get<{ listen: { public: string } }>("/api/status");
    return answer.kind === "answered" ? answer.body.listen.public : undefined;
  } catch (error) {
    if (error instanceof CommandFailure) return undefined;
    throw error;
  }
}
