// Standard output that cannot be written. A reader that closed the pipe (`… | head`) wants no more, and that
// is no failure. Anything else, as a full disk, is: what was asked for was not shown. For the entries of
// both programs.

/** Calls `lost` with the reason at the first write that fails. */
export function onOutputLost(lost: (reason: string) => void): void {
  let isLost = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isLost || error.code === "EPIPE") return;
    isLost = true;
    lost(`standard output: ${error.message}`);
  });
}
