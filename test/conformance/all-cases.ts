import { WEBSOCKET_CASES } from "./cases/websocket.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const ALL_CASES: readonly ConformanceCase[] = [...WEBSOCKET_CASES];
