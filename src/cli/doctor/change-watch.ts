import { type FeedMode, subscribeToChanges } from "../../identity/redis/subscribe-to-changes.ts";
import { describeError } from "../../telemetry/log.ts";
import { connectForLooking, withDatabase } from "./session-store-view.ts";

/** Listens for changes of keys in the way that figway does, and writes nothing to provoke one: legacy's own writes prove it. */
export interface ChangeWatch {
  /** What Redis agreed to; undefined: it refused both. */
  readonly mode: FeedMode | undefined;
  readonly refusal: string | undefined;
  /** Whether a change of this key was reported until now. */
  reported(key: string): Promise<boolean>;
  close(): void;
}

export async function watchChanges(options: { url: string; database: number; prefix: string }): Promise<ChangeWatch> {
  const redis = connectForLooking(withDatabase(options.url, options.database));
  const seen = new Set<string>();
  let mode: FeedMode | undefined;
  let refusal: string | undefined;
  try {
    await redis.connect();
    mode = await subscribeToChanges({
      redis,
      prefix: options.prefix,
      onChange: (key) => void (key === undefined || seen.add(key)),
      probe: () => Promise.resolve(),
    });
  } catch (error) {
    refusal = describeError(error);
  }
  return {
    mode,
    refusal,
    async reported(key) {
      // Replies and reports come in order over one connection.
      await redis.ping();
      return seen.has(key);
    },
    close: () => redis.disconnect(),
  };
}
