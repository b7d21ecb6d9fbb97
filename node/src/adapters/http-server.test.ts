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

  it("cuts what is still open at the deadline", async () => {
    const listener = await listen(() => {}, local);
    const socket = connect(listener.port, "127.0.0.1");
    const ended = once(socket, "close");
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await listener.close(10);
    await ended;
  });
});
