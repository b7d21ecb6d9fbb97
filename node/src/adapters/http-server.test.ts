import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpListener, listenHttp } from "./http-server.ts";
import { holderOf } from "./listen-errors.ts";

const open: HttpListener[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close(0)));
});

async function listen(...[handler, options]: Parameters<typeof listenHttp>): Promise<HttpListener> {
  const listener = await listenHttp(handler, options);
  open.push(listener);
  return listener;
}

const local = { what: "RPC", host: "127.0.0.1", port: 0 };

describe("listenHttp", () => {
  it("serves on the port it names", async () => {
    const { url } = await listen((_request, response) => response.end("hello"), local);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  it("says what for, where and who holds a port that is taken", async () => {
    const { port } = await listen((_request, response) => response.end(), local);
    await expect(listenHttp(() => {}, { ...local, port })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`RPC cannot listen on 127.0.0.1:${port}: `) as string,
    });
    if (process.platform === "linux") expect(holderOf(port)).toContain(`pid ${process.pid} (`);
  });

  it("knows an address that is not of this machine", async () => {
    const other = listenHttp(() => {}, { ...local, host: "192.0.2.1" });
    await expect(other).rejects.toMatchObject({ code: "HOST_UNAVAILABLE" });
  });

  it("lets a request in progress finish, and takes no new one", async () => {
    let finish = (): void => {};
    const listener = await listen((_request, response) => {
      finish = () => response.end("late");
    }, local);
    const answer = fetch(listener.url);
    await expect.poll(() => finish.toString()).toContain("late");
    const closed = listener.close(60_000);
    await expect(fetch(listener.url)).rejects.toThrow();
    finish();
    expect(await (await answer).text()).toBe("late");
    await closed;
  });

  /** A connection from an address of this machine. */
  async function socketFrom(localAddress: string, port: number) {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }
  const REQUEST = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

  it("lets idle connections of an address give way to its own next one", async () => {
    const { port } = await listen((_request, response) => response.end(), {
      ...local,
      maxPerAddress: 2,
    });
    const first = await socketFrom("127.0.0.2", port);
    const second = await socketFrom("127.0.0.2", port);
    const ended = once(first, "close");
    const third = await socketFrom("127.0.0.2", port);
    await ended;
    expect([second.destroyed, third.destroyed]).toEqual([false, false]);
    for (const socket of [second, third]) socket.destroy();
  });

  it.each([
    ["say nothing", ""],
    [
      "send a request that never ends",
      "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n1",
    ],
    ["read no answer", REQUEST],
  ])("keeps nobody out for connections that %s", async (_what, text) => {
    const { url, port } = await listen(
      (request, response) => {
        request.resume().once("end", () => response.end(Buffer.alloc(8 * 1024 * 1024)));
      },
      { ...local, maxConnections: 4 },
    );
    const full = await Promise.all([2, 3, 4, 5].map((n) => socketFrom(`127.0.0.${n}`, port)));
    for (const socket of full) socket.pause().write(text);
    const answer = await fetch(url);
    expect((await answer.arrayBuffer()).byteLength).toBe(8 * 1024 * 1024);
    for (const socket of full) socket.destroy();
  });

  it("does not give away the place of a request that is being answered", async () => {
    let finish = (): void => {};
    let hits = 0;
    const { url } = await listen(
      (request, response) => {
        request.resume();
        hits++;
        finish = () => response.end("late");
      },
      { ...local, maxConnections: 1 },
    );
    const answer = fetch(url);
    await expect.poll(() => hits).toBe(1);
    await expect(fetch(url)).rejects.toThrow();
    finish();
    expect(await (await answer).text()).toBe("late");
    expect(hits).toBe(1);
  });

  it("answers under addresses, localhost and given names only, where it is for this machine", async () => {
    const { port } = await listen((_request, response) => response.end(), {
      ...local,
      hostNames: ["node.example"],
    });
    const statusFor = async (host: string): Promise<string> => {
      const socket = await socketFrom("127.0.0.1", port);
      socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      const [head] = await once(socket, "data");
      socket.destroy();
      return String(head).slice(9, 12);
    };
    for (const host of ["127.0.0.1", "localhost:24101", "[::1]:1", "NODE.example:1", "10.0.0.1"]) {
      expect([host, await statusFor(host)]).toEqual([host, "200"]);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example:24101", "localhost.evil"]) {
      expect([host, await statusFor(host)]).toEqual([host, "403"]);
    }
  });

  it("cuts what is still open at the deadline", async () => {
    const listener = await listen(() => {}, local);
    const socket = connect(listener.port, "127.0.0.1");
    const ended = once(socket, "close");
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    await listener.close(10);
    await ended;
  });
});
