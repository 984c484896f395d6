import { RateLimiterClusterMaster } from "rate-limiter-flexible";

let counting: RateLimiterClusterMaster | undefined;

/** In a primary: counts for its workers where there is no Redis to count in. */
export function countForWorkers(): void {
  counting ??= new RateLimiterClusterMaster();
}
