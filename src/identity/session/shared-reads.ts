import type { Identity } from "../../model/identity.ts";
import type { SessionRecord } from "./session-record.ts";

/**
 * One read for all who ask for a session at the same time. While changes are reported (`mayJoin`), whoever asks joins the read under
 * way: the report of a change takes it away from whoever comes later. Otherwise only a read that has not left yet can be joined,
 * and all who come after that share the next one, so that nobody is told of a time before he asked.
 */
export class SharedReads {
  readonly #ask: (record: SessionRecord) => Promise<Identity>;
  readonly #mayJoin: () => boolean;

  /** `ask` leaves in the next check phase of the event loop at the earliest, and never rejects. */
  constructor(options: { ask: (record: SessionRecord) => Promise<Identity>; mayJoin: () => boolean }) {
    this.#ask = options.ask;
    this.#mayJoin = options.mayJoin;
  }

  read(record: SessionRecord): Promise<Identity> {
    const { flight } = record;
    if (flight === undefined) return this.#start(record);
    if (flight.unsent || this.#mayJoin()) return flight.identity;
    record.following ??= flight.identity.then(() => {
      record.following = undefined;
      return this.#start(record);
    });
    return record.following;
  }

  #start(record: SessionRecord): Promise<Identity> {
    const flight = { identity: this.#ask(record), unsent: true };
    record.flight = flight;
    setImmediate(() => {
      flight.unsent = false;
    });
    const land = () => {
      if (record.flight === flight) record.flight = undefined;
    };
    void flight.identity.then(land);
    return flight.identity;
  }
}
