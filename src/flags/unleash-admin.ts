import type { FeatureInterface } from "unleash-client/lib/feature.js";
import type { StrategyTransportInterface } from "unleash-client/lib/strategy/strategy.js";
import { FlagChangeError } from "./flag-change-error.ts";
import type { FlagValue } from "./flag-source.ts";
import type { UnleashApi, UnleashCall } from "./unleash-api.ts";

type StoredStrategy = StrategyTransportInterface & { readonly id: string; readonly disabled?: boolean };

/** Changes flags of one environment through Unleash's Admin API. */
export class UnleashAdmin {
  readonly #api: UnleashApi;
  readonly #token: string;
  readonly #environment: string;

  constructor(api: UnleashApi, token: string, environment: string) {
    this.#api = api;
    this.#token = token;
    this.#environment = environment;
  }

  /**
   * `false` turns the environment off and leaves the strategies. A share (`true` is 100 %) goes to the first rollout without
   * constraints, whose stickiness stays, or to a new one that sticks to the bucket; then the environment is turned on.
   */
  async set(feature: FeatureInterface, value: FlagValue): Promise<void> {
    const project = encodeURIComponent(feature.project ?? "default");
    const name = encodeURIComponent(feature.name);
    const path = `/admin/projects/${project}/features/${name}/environments/${encodeURIComponent(this.#environment)}`;
    if (value !== false) await this.#setShare(path, feature.name, value === true ? 100 : value.percent);
    await this.#call({ method: "POST", path: `${path}/${value === false ? "off" : "on"}` });
  }

  async #setShare(path: string, flag: string, percent: number): Promise<void> {
    const stored = (await this.#call({ method: "GET", path: `${path}/strategies` })) as StoredStrategy[];
    const active = stored.filter(({ disabled }) => disabled !== true);
    if (percent === 100 && active.some((strategy) => isForEveryone(strategy))) return;
    const rollout = active.find((strategy) => strategy.name === "flexibleRollout" && isUnconstrained(strategy));
    if (rollout === undefined) {
      const parameters = { rollout: String(percent), stickiness: "bucket", groupId: flag };
      const body = { name: "flexibleRollout", parameters, constraints: [] };
      await this.#call({ method: "POST", path: `${path}/strategies`, body });
    } else {
      const body = { ...rollout, parameters: { ...rollout.parameters, rollout: String(percent) } };
      await this.#call({ method: "PUT", path: `${path}/strategies/${encodeURIComponent(rollout.id)}`, body });
    }
  }

  async #call(call: Omit<UnleashCall, "token">): Promise<unknown> {
    const answer = await this.#api.call({ ...call, token: this.#token }).catch((cause: unknown) => {
      throw new FlagChangeError(`Unleash cannot be reached, so the flag stays as it is: ${codeOf(cause)}.`, { cause });
    });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const said = answer.refusal === undefined ? "" : `: ${answer.refusal}`;
    const remedy =
      answer.status === 401 || answer.status === 403 ? " Check UNLEASH_ADMIN_TOKEN and what it may do." : "";
    throw new FlagChangeError(`Unleash refused the change (${answer.status})${said}.${remedy}`);
  }
}

/** Whether the flags that Unleash serves have a value, as `UnleashAdmin.set` left it. */
export function hasValue(feature: FeatureInterface, value: FlagValue): boolean {
  if (value === false) return !feature.enabled;
  if (!feature.enabled) return false;
  const strategies = feature.strategies ?? [];
  if (value === true) return strategies.length === 0 || strategies.some(isForEveryone);
  return strategies.some(
    (strategy) => isUnconstrained(strategy) && Number(strategy.parameters["rollout"]) === value.percent,
  );
}

function isForEveryone(strategy: StrategyTransportInterface): boolean {
  if (!isUnconstrained(strategy)) return false;
  return (
    strategy.name === "default" ||
    (strategy.name === "flexibleRollout" && Number(strategy.parameters["rollout"]) >= 100)
  );
}

function isUnconstrained({ constraints, segments }: StrategyTransportInterface): boolean {
  return (constraints ?? []).length === 0 && (segments ?? []).length === 0;
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return String(typeof code === "string" && code !== "" ? code : message);
}
