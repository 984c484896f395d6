/** The load generator's process. */
import { answerParent, tellParent } from "../processes/answer-parent.ts";
import { HeldConnections } from "./hold-connections.ts";
import type { HoldRequest, MeasureRequest, ReleaseRequest } from "./load-messages.ts";
import { runLoad } from "./run-load.ts";

const held = new HeldConnections();

answerParent<MeasureRequest | HoldRequest | ReleaseRequest>(async (message) => {
  switch (message.kind) {
    case "measure":
      return await runLoad(message);
    case "hold":
      return await held.hold(message);
    case "release":
      held.release();
      return undefined;
  }
});
tellParent({});
