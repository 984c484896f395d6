import { describeIdentityResolver } from "../../contracts/identity-resolver.contract.ts";
import { describeWithRealRedis } from "../describe-with-real-redis.ts";
import { openSessionWorld } from "../identity-worlds.ts";

describeIdentityResolver("express-session on the embedded Redis, connect-redis 8.1", () =>
  openSessionWorld({ redis: "embedded", connectRedis: 8 }),
);

describeIdentityResolver("express-session on the embedded Redis without any report of changes, connect-redis 10", () =>
  openSessionWorld({ redis: "embedded", connectRedis: 10, config: { cache: false } }),
);

describeWithRealRedis("express-session on a real Redis", () => {
  describeIdentityResolver("connect-redis 8.1", () => openSessionWorld({ redis: "real", connectRedis: 8 }));
  describeIdentityResolver("connect-redis 10", () => openSessionWorld({ redis: "real", connectRedis: 10 }));
});
