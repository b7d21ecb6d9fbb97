import { describe, expect, it } from "vitest";
import type { Message } from "../../codec/frames.ts";
import { isAnswer, OpenQuestions } from "./open-questions.ts";

const getTxs: Message = { type: "getTxs", witnessIds: [] };
const ping: Message = { type: "ping", nonce: 1 };

describe("OpenQuestions", () => {
  it("take one answer for each question, of its own kind and from its own peer", () => {
    const questions = new OpenQuestions();
    questions.asked("a", getTxs);
    expect(questions.answered("b", "txs")).toBe(false);
    expect(questions.answered("a", "pong")).toBe(false);
    expect(questions.answered("a", "txs")).toBe(true);
    expect(questions.answered("a", "txs")).toBe(false);
  });

  it("end with the link", () => {
    const questions = new OpenQuestions();
    questions.asked("a", ping);
    questions.disconnected("a");
    expect(questions.answered("a", "pong")).toBe(false);
  });

  it("are remembered up to a bound, however many nobody answers", () => {
    const questions = new OpenQuestions();
    for (let i = 0; i < 1_000; i++) questions.asked("a", getTxs);
    let answers = 0;
    while (questions.answered("a", "txs")) answers++;
    expect(answers).toBe(32);
  });

  it("know what is an answer and what asks for none", () => {
    expect(["blocks", "txs", "blockTxs", "pong"].every((type) => isAnswer(type as "txs"))).toBe(
      true,
    );
    expect(
      ["proposal", "vote", "status", "getBlocks"].some((type) => isAnswer(type as "vote")),
    ).toBe(false);
    const questions = new OpenQuestions();
    questions.asked("a", { type: "txIds", witnessIds: [] });
    expect(questions.answered("a", "txIds")).toBe(false);
  });
});
