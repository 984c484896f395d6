import { byId } from "./element.js";

const ACTOR_KEY = "figway-actor";

const dialog = byId("change", HTMLDialogElement);
const form = byId("change-form", HTMLFormElement);
const title = byId("change-title", HTMLElement);
const effect = byId("change-effect", HTMLElement);
const actorField = byId("change-actor", HTMLInputElement);
const whyField = byId("change-why", HTMLInputElement);
const errorLine = byId("change-error", HTMLElement);
const confirmButton = byId("change-confirm", HTMLButtonElement);

/**
 * @typedef {object} Change
 * @property {string} title  what is asked, as in "Turn orders-modern on?"
 * @property {string} effect  what will happen, in one or two sentences
 * @property {string} confirm  the button's word
 * @property {boolean} [needsWhy]
 * @property {boolean} [isRollback]
 * @property {(author: { actor: string, why?: string }) => Promise<void>} make  rejects with an error whose message is shown
 */

/** @type {{ change: Change, resolve: (isMade: boolean) => void } | undefined} */
let asked;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (asked !== undefined && !confirmButton.disabled) void make(asked.change);
});
byId("change-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close("no"));
dialog.addEventListener("close", () => {
  asked?.resolve(dialog.returnValue === "made");
  asked = undefined;
});

/**
 * Asks who and why, makes the change, and stays open with the error where it fails.
 *
 * @param {Change} change
 * @returns {Promise<boolean>} whether it was made
 */
export function askForChange(change) {
  title.textContent = change.title;
  effect.textContent = change.effect;
  confirmButton.textContent = change.confirm;
  confirmButton.classList.toggle("rollback", change.isRollback === true);
  confirmButton.disabled = false;
  errorLine.textContent = "";
  actorField.value = localStorage.getItem(ACTOR_KEY) ?? "";
  whyField.value = "";
  whyField.required = change.needsWhy === true;
  dialog.returnValue = "no";
  dialog.showModal();
  (actorField.value === "" ? actorField : whyField).focus();
  return new Promise((resolve) => {
    asked = { change, resolve };
  });
}

/** @param {Change} change */
async function make(change) {
  const why = whyField.value.trim();
  const actor = actorField.value.trim();
  localStorage.setItem(ACTOR_KEY, actor);
  confirmButton.disabled = true;
  try {
    await change.make(why === "" ? { actor } : { actor, why });
    dialog.close("made");
  } catch (error) {
    errorLine.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    confirmButton.disabled = false;
  }
}
