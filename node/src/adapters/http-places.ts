// Who may hold a connection to an HTTP listener, where more want one than there are places. A newcomer takes
// the place of the oldest connection that waits for nothing: of its own address where that has as many
// as it may, else of the address that has most. A connection waits for something from the arrival of a
// whole request to the answer. So whoever opens sockets and sends nothing, or sends bodies byte by byte,
// or reads no answer, keeps nobody out. Used by http-server.ts.

import type { Socket } from "node:net";

export interface PlaceLimits {
  readonly maxConnections: number;
  readonly maxPerAddress: number;
}

interface Place {
  readonly name: string;
  readonly socket: Socket;
  readonly address: string;
  isWaiting: boolean;
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

export class HttpPlaces {
  readonly #limits: PlaceLimits;
  /** In the order of arrival. */
  readonly #places = new Map<string, Place>();
  readonly #countByAddress = new Map<string, number>();

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Gives the socket a place, or closes it. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const count = this.#countByAddress.get(address) ?? 0;
    const isAddressFull = count >= this.#limits.maxPerAddress;
    if (isAddressFull || this.#places.size >= this.#limits.maxConnections) {
      const loser = this.#oldestIdle(isAddressFull ? address : this.#largestAddress());
      if (loser === undefined) {
        socket.destroy();
        return;
      }
      this.#drop(loser);
      loser.socket.destroy();
    }
    this.#add({ name: nameOf(socket), socket, address, isWaiting: false });
  }

  /** A whole request has come over the socket. */
  requestRead(socket: Socket): void {
    const place = this.#places.get(nameOf(socket));
    if (place !== undefined) place.isWaiting = true;
  }

  /** Its answer is on its way; from now on the client keeps the place by reading. */
  answered(socket: Socket): void {
    const place = this.#places.get(nameOf(socket));
    if (place !== undefined) place.isWaiting = false;
  }

  #add(place: Place): void {
    const { name, socket, address } = place;
    this.#places.set(name, place);
    this.#countByAddress.set(address, (this.#countByAddress.get(address) ?? 0) + 1);
    socket.once("close", () => this.#drop(place));
  }

  #drop({ name, socket, address }: Place): void {
    if (this.#places.get(name)?.socket !== socket) return;
    this.#places.delete(name);
    const left = (this.#countByAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#countByAddress.set(address, left);
    else this.#countByAddress.delete(address);
  }

  #oldestIdle(address: string): Place | undefined {
    for (const place of this.#places.values()) {
      if (place.address === address && !place.isWaiting) return place;
    }
    return undefined;
  }

  #largestAddress(): string {
    let largest = "";
    let most = 0;
    for (const [address, count] of this.#countByAddress) {
      if (count > most) [largest, most] = [address, count];
    }
    return largest;
  }
}
