import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../wait-for.ts";
import { LinkRelay } from "./link-relay.ts";

const WAIT_MS = 10_000;

/** One end of a connection: what came, and whether it has ended. */
class End {
  text = "";
  isEnded = false;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => {
      this.text += bytes.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isEnded = true;
    });
  }

  async until(what: string, isSo: (end: End) => boolean): Promise<void> {
    await waitFor(
      what,
      WAIT_MS,
      async () => (isSo(this) ? { done: true } : { waiting: this.text }),
      5,
    );
  }

  async reads(text: string): Promise<void> {
    await this.until(`text ${text}`, (end) => end.text === text);
  }

  async ends(): Promise<void> {
    await this.until("the end", ({ isEnded }) => isEnded);
  }
}

describe("LinkRelay", () => {
  let server: Server;
  let relay: LinkRelay;
  const accepted: End[] = [];
  const dialled: End[] = [];

  beforeEach(async () => {
    server = createServer((socket) => accepted.push(new End(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    relay = await LinkRelay.open({ host: "127.0.0.1", port });
  });

  afterEach(async () => {
    for (const { socket } of [...accepted.splice(0), ...dialled.splice(0)]) socket.destroy();
    await relay.close();
    await new Promise((resolve) => server.close(resolve));
  });

  function dial(): End {
    const end = new End(connect(relay.port, "127.0.0.1"));
    dialled.push(end);
    return end;
  }

  async function acceptedEnd(count = 1): Promise<End> {
    return await waitFor("a connection", WAIT_MS, async () => {
      const end = accepted[count - 1];
      return end === undefined ? { waiting: "none" } : { done: end };
    });
  }

  /** A connection that stands, both ways proved. */
  async function pair(): Promise<{ dialler: End; listener: End }> {
    const dialler = dial();
    dialler.socket.write("a");
    const listener = await acceptedEnd();
    await listener.reads("a");
    listener.socket.write("z");
    await dialler.reads("z");
    return { dialler, listener };
  }

  it("holds the bytes of one direction only, and loses none of them", async () => {
    const { dialler, listener } = await pair();
    relay.hold("there");
    dialler.socket.write("b");
    listener.socket.write("y");
    await dialler.reads("zy");
    expect(listener.text).toBe("a");
    relay.heal();
    await listener.reads("ab");
  });

  it("holds the other direction alike", async () => {
    const { dialler, listener } = await pair();
    relay.hold("back");
    listener.socket.write("y");
    dialler.socket.write("b");
    await listener.reads("ab");
    expect(dialler.text).toBe("z");
    relay.heal();
    await dialler.reads("zy");
  });

  it("tells an end only where bytes pass, and after them", async () => {
    const { dialler, listener } = await pair();
    relay.hold("there");
    dialler.socket.end("b");
    listener.socket.write("y");
    await dialler.reads("zy");
    expect(listener.isEnded).toBe(false);
    relay.heal();
    await listener.reads("ab");
    await listener.ends();
    await dialler.ends();
  });

  it("lets nobody link while a direction is held, and forgets who gave up", async () => {
    relay.hold("back");
    const gaveUp = dial();
    gaveUp.socket.write("gave up");
    gaveUp.socket.end();
    await gaveUp.ends();
    const patient = dial();
    patient.socket.write("patient");
    await waitFor("the dial", WAIT_MS, async () =>
      relay.waiting === 1 ? { done: true } : { waiting: `${relay.waiting}` },
    );
    expect(accepted).toEqual([]);
    relay.heal();
    const listener = await acceptedEnd();
    await listener.reads("patient");
    listener.socket.write("z");
    await patient.reads("z");
    expect(accepted).toHaveLength(1);
  });

  it("closes what stands and refuses dials while it is broken", async () => {
    const { dialler, listener } = await pair();
    relay.break();
    await dialler.ends();
    await listener.ends();
    await dial().ends();
    expect(accepted).toHaveLength(1);
    relay.heal();
    dial().socket.write("again");
    await (await acceptedEnd(2)).reads("again");
  });
});
