// The model's parts one by one: what a busy core, a shared core and a slow disk do to the next task.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { Processor, Thread } from "./processor.ts";

function machine(cores: number, threads: number) {
  const time = new VirtualClock();
  const processor = new Processor(time, cores);
  const began: [thread: number, task: string, atMs: number][] = [];
  const nodes = Array.from({ length: threads }, () => new Thread(processor));
  /** A task that takes the core for `us` and then a disk for `waitMs`. */
  const task = (place: number, name: string, us: number, waitMs = 0) =>
    nodes[place]?.enqueue(() => {
      began.push([place, name, time.monotonicMs()]);
      nodes[place]?.spend("handle", us);
      nodes[place]?.wait(waitMs);
    });
  const finish = (): typeof began => {
    while (time.next());
    return began;
  };
  return { time, nodes, task, finish };
}

describe("a thread", () => {
  it("begins a task when the one before is done", () => {
    const { task, finish } = machine(1, 1);
    task(0, "first", 3_000);
    task(0, "second", 500);
    task(0, "third", 0);
    expect(finish()).toEqual([
      [0, "first", 0],
      [0, "second", 3],
      [0, "third", 3.5],
    ]);
  });

  it("knows how far its task has come", () => {
    const { nodes, finish } = machine(1, 1);
    const seen: number[] = [];
    nodes[0]?.enqueue(() => {
      nodes[0]?.spend("verify", 400);
      seen.push(nodes[0]?.aheadMs ?? -1);
      nodes[0]?.wait(2);
      seen.push(nodes[0]?.aheadMs ?? -1);
    });
    finish();
    expect(seen).toEqual([0.4, 2.4]);
    expect(nodes[0]?.totalMs).toEqual({ verify: 0.4, sign: 0, link: 0, handle: 0, disk: 0 });
  });

  it("does not begin what is not there yet", () => {
    const { time, nodes, finish } = machine(1, 1);
    const atMs: number[] = [];
    nodes[0]?.enqueue(() => atMs.push(time.monotonicMs()), 7);
    finish();
    expect(atMs).toEqual([7]);
  });
});

describe("a shared core", () => {
  it("serves threads in turn, as many at a time as there are cores", () => {
    const { task, finish } = machine(2, 3);
    for (const place of [0, 1, 2]) task(place, "a", 1_000);
    task(0, "b", 1_000);
    expect(finish()).toEqual([
      [0, "a", 0],
      [1, "a", 0],
      [2, "a", 1],
      [0, "b", 1],
    ]);
  });

  it("is free while a thread waits for its disk, but that thread does nothing", () => {
    const { task, finish } = machine(1, 2);
    task(0, "writes", 1_000, 5);
    task(0, "next", 0);
    task(1, "other", 1_000);
    expect(finish()).toEqual([
      [0, "writes", 0],
      [1, "other", 1],
      [0, "next", 6],
    ]);
  });
});
