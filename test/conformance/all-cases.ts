import { ANSWER_CASES } from "./cases/answers.ts";
import { BAD_ORIGIN_CASES } from "./cases/bad-origin.ts";
import { CLIENT_CASES } from "./cases/clients.ts";
import { DESYNC_CASES } from "./cases/desync.ts";
import { ENDURANCE_CASES } from "./cases/endurance.ts";
import { FIDELITY_CASES } from "./cases/fidelity.ts";
import { FRAMING_CASES } from "./cases/framing.ts";
import { HOP_BY_HOP_CASES } from "./cases/hop-by-hop.ts";
import { HOST_CASES } from "./cases/host.ts";
import { INTERIM_CASES } from "./cases/interim.ts";
import { REQUEST_LINE_CASES } from "./cases/request-line.ts";
import { STREAMING_CASES } from "./cases/streaming.ts";
import { TRAILER_CASES } from "./cases/trailers.ts";
import { WEBSOCKET_CASES } from "./cases/websocket.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const ALL_CASES: readonly ConformanceCase[] = [
  ...FRAMING_CASES,
  ...REQUEST_LINE_CASES,
  ...HOST_CASES,
  ...HOP_BY_HOP_CASES,
  ...FIDELITY_CASES,
  ...ANSWER_CASES,
  ...INTERIM_CASES,
  ...TRAILER_CASES,
  ...STREAMING_CASES,
  ...BAD_ORIGIN_CASES,
  ...WEBSOCKET_CASES,
  ...CLIENT_CASES,
  ...DESYNC_CASES,
  ...ENDURANCE_CASES,
];
