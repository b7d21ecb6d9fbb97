// One way from a daemon to a peer, as a small TCP relay that can be cut while both run. A held direction stops
// as at a firewall that drops: nobody is told, bytes and ends wait, and nobody can link. A broken one closes what
// stands and refuses dials. No byte is lost or changed by a cut that is healed, so encrypted links go on.
// Used by cuttable-links.ts, which has a relay for each pair of daemons.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** As the dialler sees it: what it sends, and what it gets. */
export type Direction = "there" | "back";

/** The bytes of one connection in one direction. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  #isHeld = false;
  #isOver = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on("drain", () => {
      if (!this.#isHeld) from.resume();
    });
    from.on("end", () => to.end());
    // An error, which the close follows, is an end like any other.
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#isOver = true;
      if (!this.#isHeld) to.destroySoon();
    });
  }

  /** A paused socket shows neither bytes nor its end. */
  hold(): void {
    this.#isHeld = true;
    this.#from.pause();
  }

  release(): void {
    this.#isHeld = false;
    if (this.#isOver) this.#to.destroySoon();
    else this.#from.resume();
  }
}

interface Connection {
  readonly sockets: readonly Socket[];
  readonly flows: Readonly<Record<Direction, Flow>>;
}

/** A dialler that cannot be linked yet. */
interface Waiting {
  readonly chunks: readonly Buffer[];
  /** Its socket is no longer looked after here. */
  readonly leave: () => void;
}

export class LinkRelay {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #held = new Set<Direction>();
  readonly #connections = new Set<Connection>();
  readonly #waiting = new Map<Socket, Waiting>();
  #isBroken = false;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async open(target: { readonly host: string; readonly port: number }): Promise<LinkRelay> {
    const relay = new LinkRelay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Those who dialled while a direction was held, and have not given up. */
  get waiting(): number {
    return this.#waiting.size;
  }

  hold(direction: Direction): void {
    this.#held.add(direction);
    for (const { flows } of this.#connections) flows[direction].hold();
  }

  break(): void {
    this.#isBroken = true;
    this.#closeAll();
  }

  heal(): void {
    this.#isBroken = false;
    this.#held.clear();
    for (const { flows } of this.#connections) {
      flows.there.release();
      flows.back.release();
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [socket, { chunks, leave }] of waiting) {
      leave();
      this.#join(socket, chunks);
    }
  }

  async close(): Promise<void> {
    this.#closeAll();
    this.#server.close();
    await once(this.#server, "close");
  }

  #closeAll(): void {
    for (const socket of this.#waiting.keys()) socket.destroy();
    this.#waiting.clear();
    for (const { sockets } of this.#connections) for (const socket of sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    if (this.#isBroken) socket.destroy();
    else if (this.#held.size > 0) this.#letWait(socket);
    else this.#join(socket, []);
  }

  #letWait(socket: Socket): void {
    const chunks: Buffer[] = [];
    const keep = (bytes: Buffer): number => chunks.push(bytes);
    const giveUp = (): void => {
      this.#waiting.delete(socket);
      socket.destroy();
    };
    socket.on("error", giveUp).on("data", keep).on("end", giveUp);
    const leave = (): void => {
      socket.off("error", giveUp).off("data", keep).off("end", giveUp);
    };
    this.#waiting.set(socket, { chunks, leave });
  }

  /** Links the dialler with the target, which gets these bytes first. */
  #join(dialler: Socket, chunks: readonly Buffer[]): void {
    const target = connect({ ...this.#target, allowHalfOpen: true });
    for (const bytes of chunks) target.write(bytes);
    const flows = { there: new Flow(dialler, target), back: new Flow(target, dialler) };
    const connection = { sockets: [dialler, target], flows };
    this.#connections.add(connection);
    let open = connection.sockets.length;
    for (const socket of connection.sockets) {
      socket.setNoDelay(true);
      socket.on("close", () => {
        open--;
        if (open === 0) this.#connections.delete(connection);
      });
    }
  }
}
