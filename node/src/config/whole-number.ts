// A whole number within bounds as the value of a command-line option, for commander. Used by the options of
// all three programs: daemon, devnet and CLI.

import { InvalidArgumentError } from "commander";

/** A whole number in a range, as an option or argument. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
