/** What becomes of a place whose worker has ended. */
export type Restart = { readonly kind: "restart"; readonly afterMs: number } | { readonly kind: "give-up" };

/** A worker that lived so long did not die of its start. */
const HEALTHY_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** So many short lives in a row are a defect that another try will not cure. */
const MOST_SHORT_LIVES = 6;

/** One place's memory. Replaces at once what died once, ever later what dies again and again, and then no more. */
export function createRestartPolicy(): { ended(livedMs: number): Restart; readonly shortLives: number } {
  let shortLives = 0;
  return {
    get shortLives() {
      return shortLives;
    },
    ended(livedMs) {
      shortLives = livedMs >= HEALTHY_LIFE_MS ? 1 : shortLives + 1;
      if (shortLives >= MOST_SHORT_LIVES) return { kind: "give-up" };
      return { kind: "restart", afterMs: Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (shortLives - 1)) };
    },
  };
}
