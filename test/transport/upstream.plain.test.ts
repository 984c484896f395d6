import { upstreamContract } from "../contracts/upstream.contract.ts";
import { startPlainOrigin } from "../contracts/upstream-rig.ts";

upstreamContract("TCP", startPlainOrigin);
