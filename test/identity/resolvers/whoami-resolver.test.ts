import { describeIdentityResolver } from "../../contracts/identity-resolver.contract.ts";
import { openWhoamiWorld } from "../identity-worlds.ts";

describeIdentityResolver("whoami, asked for each request", () => openWhoamiWorld());

describeIdentityResolver("whoami, with answers kept for a while", () => openWhoamiWorld({ cacheMs: 1_000 }));
