// A real `lmd serve` with a data folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port that is free now. The server keeps it over restarts, as its page expects. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

export class Server {
  private process: ChildProcess | undefined;
  private log = "";

  private constructor(
    private readonly binary: string,
    private readonly folder: string,
    private readonly port: number,
    private readonly flags: string[],
  ) {}

  static async open(flags: string[] = []): Promise<Server> {
    const binary = process.env.LMD_BIN;
    if (!binary)
      throw new Error("LMD_BIN must name the binary of lmd: cargo build --release, then target/release/lmd");
    const folder = mkdtempSync(join(tmpdir(), "lmd-page-"));
    const server = new Server(binary, folder, await freePort(), flags);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Starts the server and waits until it takes work. */
  async start(): Promise<void> {
    const flags = ["--port", String(this.port), "--data-dir", join(this.folder, "data"), "--preset", "fast"];
    // Settings and models of whoever runs the tests are no part of them.
    const env = { PATH: process.env.PATH ?? "", HOME: this.folder };
    const started = spawn(this.binary, ["serve", ...flags, ...this.flags], {
      env,
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (chunk) => {
        this.log = (this.log + chunk).slice(-4000);
      });
    }
    const until = Date.now() + 30_000;
    while (Date.now() < until) {
      if (started.exitCode !== null) break;
      const ready = await fetch(`${this.url}ready`).catch(() => undefined);
      if (ready?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`lmd serve did not get ready (exit code ${started.exitCode}):\n${this.log}`);
  }

  /** Ends the server as a power cut would. */
  async kill(): Promise<void> {
    const running = this.process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
