// What is read of the machine: mirrors and added certificate authorities.
import { describe, expect, it } from "vitest";
import { certificatesOf, extraCertificates, mirrorsOf } from "./host-settings.ts";

const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

describe("mirrorsOf", () => {
  const publicMirrors = {
    debian: "http://deb.debian.org/debian",
    security: "http://deb.debian.org/debian-security",
  };

  it("reads one-line sources", () => {
    const text = [
      "# deb http://commented/debian bookworm main",
      "deb [signed-by=/k] http://mirror.test/debian/ bookworm main",
      "deb https://mirror.test/debian-security bookworm-security main",
    ].join("\n");
    expect(mirrorsOf([text])).toEqual({
      debian: "http://mirror.test/debian",
      security: "https://mirror.test/debian-security",
    });
  });

  it("reads deb822 sources", () => {
    const text = "Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n";
    expect(mirrorsOf([text]).debian).toBe("http://mirror.test/debian");
  });

  it("takes the public mirrors where none is named, or one holds a credential", () => {
    expect(mirrorsOf([])).toEqual(publicMirrors);
    expect(mirrorsOf(["deb http://user:pw@mirror.test/debian x main"])).toEqual(publicMirrors);
    expect(mirrorsOf(["deb http://archive.ubuntu.test/ubuntu x main"])).toEqual(publicMirrors);
  });
});

describe("extraCertificates", () => {
  it("finds the certificates that no shipped file holds", () => {
    const bundle = pem("AAAA") + pem("BBBB") + pem("CCCC");
    expect(extraCertificates(bundle, [pem("AAAA"), pem("CCCC")])).toEqual([pem("BBBB")]);
  });

  it("compares bodies, not line ends", () => {
    expect(extraCertificates(pem("AAAA"), [pem("AAAA").replaceAll("\n", "\r\n")])).toEqual([]);
  });

  it("reads a bundle whatever stands between", () => {
    expect(certificatesOf(`# a comment\n${pem("AAAA")}\n\nmore\n${pem("BBBB")}`)).toHaveLength(2);
  });
});
