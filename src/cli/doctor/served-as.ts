import { CommandFailure } from "../command-failure.ts";
import type { VisitAnswer } from "./visitor.ts";

type Answer = Pick<VisitAnswer, "status" | "body">;

/** Whose an answer is. `unclear`: neither like the user's nor like nobody's, a failure above all. */
export type ServedAs = "user" | "nobody" | "unclear";

/** Tells the user's answers from nobody's. */
export interface AnswerReader {
  read(answer: Answer): ServedAs;
  /** By what it tells them apart, in words. */
  readonly by: string;
}

/** What a route answered to a user and to nobody, twice each: what varies by itself tells nothing. */
export interface Samples {
  readonly user: readonly [Answer, Answer];
  readonly nobody: readonly [Answer, Answer];
  /** What was typed in as the user's name. */
  readonly username: string | undefined;
}

/** @throws CommandFailure where the answers do not show who is asking */
export function learnAnswers({ user, nobody, username }: Samples): AnswerReader {
  const [userStatus, nobodyStatus] = [user[0].status, nobody[0].status];
  if (user.some(({ status }) => status !== userStatus) || nobody.some(({ status }) => status !== nobodyStatus)) {
    throw new CommandFailure(
      "The route answers the same request now with one status, now with another; try another one.",
    );
  }
  if (userStatus !== nobodyStatus) {
    const read = ({ status }: Answer): ServedAs =>
      status === userStatus ? "user" : status === nobodyStatus ? "nobody" : "unclear";
    return { read, by: `its status (${userStatus} for the user, ${nobodyStatus} for nobody)` };
  }
  const isMarked = username !== undefined && username.length > 1 && user.every(({ body }) => body.includes(username));
  if (isMarked && nobody.every(({ body }) => !body.includes(username))) {
    const read = ({ status, body }: Answer): ServedAs =>
      status !== userStatus ? "unclear" : body.includes(username) ? "user" : "nobody";
    return { read, by: `the user's name ${username} in it` };
  }
  const isSteady = user[0].body === user[1].body && nobody[0].body === nobody[1].body;
  if (isSteady && user[0].body !== nobody[0].body) {
    const read = ({ status, body }: Answer): ServedAs =>
      status !== userStatus ? "unclear" : body === nobody[0].body ? "nobody" : "user";
    return { read, by: "its body, which is always the same for nobody" };
  }
  throw new CommandFailure(
    "The route's answers do not show who is asking: same status, and no difference in the body that lasts. Name one that does with --route PATH.",
  );
}
