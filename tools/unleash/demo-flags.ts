/** The flags of the demo, and the context field that figway's percentages stick to. */
export const DEMO_FLAGS = ["me-modern", "orders-modern", "account-modern", "catalog-modern", "ticker-modern"];

export interface AdminAccess {
  /** `http://host:port/api` */
  readonly url: string;
  readonly adminToken: string;
}

/**
 * Creates the demo's flags where they are missing: off, for everybody once turned on. Flags that exist stay as they are.
 * The context field `bucket` is made known to Unleash, so that its UI offers it as stickiness.
 */
export async function createDemoFlags(access: AdminAccess): Promise<void> {
  const { body } = await callAdmin(access, "GET", "/projects/default/features", undefined, [200]);
  const existing = new Set((body as { features: { name: string }[] }).features.map(({ name }) => name));
  const field = {
    name: "bucket",
    description: "figway: the stable id that percentages are computed from",
    stickiness: true,
  };
  // 409: it is there already.
  await callAdmin(access, "POST", "/context", field, [201, 409]);
  for (const name of DEMO_FLAGS) {
    if (!existing.has(name)) await createFlag(access, name);
  }
}

async function createFlag(access: AdminAccess, name: string): Promise<void> {
  await callAdmin(access, "POST", "/projects/default/features", { name, type: "release" }, [201]);
  const strategies = `/projects/default/features/${name}/environments/development/strategies`;
  const parameters = { rollout: "100", stickiness: "bucket", groupId: name };
  await callAdmin(access, "POST", strategies, { name: "flexibleRollout", parameters, constraints: [] }, [200]);
}

/** One call of Unleash's Admin API. Rejects when the status is not among the expected ones. */
export async function callAdmin(
  access: AdminAccess,
  method: string,
  path: string,
  body?: unknown,
  expected: readonly number[] = [200, 201, 202],
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${access.url}/admin${path}`, {
    method,
    headers: { authorization: access.adminToken, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!expected.includes(response.status)) {
    throw new Error(`Unleash answered ${response.status} to ${method} ${path}: ${text.slice(0, 300)}`);
  }
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}
