/** Strings that `JSON.stringify` leaves as they are: without quotes, backslashes, control characters and surrogates. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** What `JSON.stringify` makes of a string, without the quotes around; at half the cost where there is nothing to escape. */
export function escaped(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
}
