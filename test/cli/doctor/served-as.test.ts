import { expect, it } from "vitest";
import { learnAnswers } from "../../../src/cli/doctor/served-as.ts";

const answer = (status: number, body = "") => ({ status, body });
const twice = (status: number, body = "") => [answer(status, body), answer(status, body)] as const;

it("a status that differs tells the user's answers, and any other status is unclear", () => {
  const { read } = learnAnswers({ user: twice(200, "a"), nobody: twice(303), username: undefined });
  expect([read(answer(200)), read(answer(303)), read(answer(502))]).toEqual(["user", "nobody", "unclear"]);
});

it("the user's name in the body tells them where the status is the same", () => {
  const { read } = learnAnswers({
    user: [answer(200, "1 alice"), answer(200, "2 alice")],
    nobody: [answer(200, "3"), answer(200, "4")],
    username: "alice",
  });
  expect([read(answer(200, "5 alice")), read(answer(200, "6")), read(answer(503, "alice"))]).toEqual([
    "user",
    "nobody",
    "unclear",
  ]);
});

it("what is neither nobody's usual body nor a failure counts as the user's", () => {
  const { read } = learnAnswers({ user: twice(200, "hello 42"), nobody: twice(200, "hello"), username: "alice" });
  expect([read(answer(200, "hello 42")), read(answer(200, "hello 43")), read(answer(200, "hello"))]).toEqual([
    "user",
    "user",
    "nobody",
  ]);
});

it("answers that do not show who is asking are refused", () => {
  const same = { user: twice(200, "x"), nobody: twice(200, "x"), username: "alice" };
  expect(() => learnAnswers(same)).toThrow(/do not show who is asking/);
  const noise = [answer(200, "1"), answer(200, "2")] as const;
  expect(() => learnAnswers({ user: noise, nobody: noise, username: "alice" })).toThrow(/--route PATH/);
  const unsteady = [answer(200), answer(500)] as const;
  expect(() => learnAnswers({ user: unsteady, nobody: twice(303), username: "alice" })).toThrow(/try another/);
});
