import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy before a member, which loses the answers to some requests. */
export class CuttingProxy {
  /** Passes the request on, and cuts the connection when the answer comes. */
  loses: (request: string) => boolean = () => false;
  #down = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async before(endpoint: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(endpoint);
    const proxy = new CuttingProxy(hostname, Number(port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      if (this.#down) return void client.resetAndDestroy();
      const member = createConnection({ host, port });
      for (const socket of [client, member]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          member.destroy();
        });
      }
      let cut = false;
      client.on('data', (chunk: Buffer) => {
        cut ||= this.loses(chunk.toString('latin1'));
        member.write(chunk);
      });
      member.on('data', (chunk: Buffer) => {
        if (cut) client.resetAndDestroy();
        else client.write(chunk);
      });
    });
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  /** Cuts all connections, and new ones at once, or lets them be again. */
  set down(down: boolean) {
    this.#down = down;
    if (down) for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts all connections, and takes no new ones. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
