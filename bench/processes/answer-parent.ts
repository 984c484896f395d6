/** The side of a child process: answers its parent's questions over IPC, and ends as soon as the parent is gone. */

interface Question {
  readonly id: number;
  readonly message: unknown;
}

/** Answers each question with what `answer` resolves to. Call it once. */
export function answerParent<T>(answer: (message: T) => Promise<unknown>): void {
  process.on("message", (question: Question) => {
    answer(question.message as T).then(
      (reply) => process.send?.({ id: question.id, reply }),
      (error: unknown) => process.send?.({ id: question.id, failure: String(error) }),
    );
  });
  endWithParent();
}

/** Ctrl-C reaches the whole process group; the parent decides when this process ends. */
export function endWithParent(): void {
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit());
}

/** The one thing a child says unasked: that it is ready, and where. */
export function tellParent(ready: object): void {
  process.send?.({ ready });
}
