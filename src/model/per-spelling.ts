/** Clients, applications and their extensions use some hundred spellings; more than this is somebody trying to fill the memory. */
const MAX_SPELLINGS = 4_096;
const MAX_SPELLING_LENGTH = 64;

/**
 * Makes a judgement of field names into one that is made once per spelling: lower case, folding and comparing cost more than all else
 * that is done with a field. `judge` may depend on nothing but the name.
 */
export function perSpelling<Judgement extends string | number>(
  judge: (name: string) => Judgement,
): (name: string) => Judgement {
  const remembered = new Map<string, Judgement>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    if (remembered.size >= MAX_SPELLINGS || name.length > MAX_SPELLING_LENGTH) return judge(name);
    // A copy: a part of a string keeps the whole head in memory that it was cut from.
    const spelling = name.split("").join("");
    const judgement = judge(spelling);
    remembered.set(spelling, judgement);
    return judgement;
  };
}
