/** TLS before a service, with a certificate that is thrown away: some clients speak nothing else. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";

/**
 * @param {string} url of the service, http://ADDRESS:PORT
 * @returns {Promise<{ url: string, certificate: string, stop: () => void }>}
 */
export async function terminate(url) {
  const { key, certificate } = throwAwayCertificate();
  const { hostname, port } = new URL(url);
  const server = createServer({ key, cert: certificate }, (client) => {
    const service = connect(Number(port), hostname);
    client.pipe(service).pipe(client);
    // Either side may end; then the other has nobody to talk to.
    client.on("error", () => service.destroy()).on("close", () => service.destroy());
    service.on("error", () => client.destroy()).on("close", () => client.destroy());
    sockets.add(client);
  });
  /** @type {Set<import("node:tls").TLSSocket>} */
  const sockets = new Set();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("TLS listens on no port");
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `https://localhost:${address.port}`, certificate, stop };
}

function throwAwayCertificate() {
  const folder = mkdtempSync(join(tmpdir(), "imgpress-tls-"));
  const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
  try {
    execFileSync("openssl", [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
    ], { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
