// A URL with a user or a password: neither the RPC nor the admin API takes one, and an error that shows the URL
// would show the password. Called before a URL is shown or used.

import { CodedError } from "../types/errors.ts";

/** @throws CodedError CLI_USAGE, which does not repeat the URL. */
export function refuseCredentials(url: string, option: string): void {
  if (!URL.canParse(url)) return;
  const { username, password } = new URL(url);
  if (username === "" && password === "") return;
  throw new CodedError("CLI_USAGE", `${option} holds a user or a password; the node takes none`);
}
